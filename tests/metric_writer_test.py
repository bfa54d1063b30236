import json
import resource
import struct

import cv2
import numpy as np
import pytest

from input_pipeline import media, tfrecord
from lipsync_jax import metric_writer


@pytest.fixture
def file_limit():
  """Files can grow to so many bytes and no further: a full disk."""
  old = resource.getrlimit(resource.RLIMIT_FSIZE)
  yield lambda size: resource.setrlimit(
    resource.RLIMIT_FSIZE, (size if size else old[0], old[1])
  )
  resource.setrlimit(resource.RLIMIT_FSIZE, old)


def fill(workdir, steps=(10, 20, 30)):
  writer = metric_writer.MetricWriter(workdir)
  for step in steps:
    writer.write(step, {'train/l1': step / 10})
  writer.close()
  return workdir / 'metrics.jsonl'


def test_a_resumed_run_drops_rows_it_will_write_again(tmp_path):
  path = fill(tmp_path)
  with path.open('a') as file:
    file.write('[1]\n{"step": null}\n{"step": 40, "tra')  # cut by a crash
  second = metric_writer.MetricWriter(tmp_path, start_step=20)
  second.write(30, {'train/l1': 9.0})
  # Whoever looks sees it now, not when the run ends.
  assert metric_writer.read(path) == [
    {'step': 10, 'train/l1': 1.0},
    {'step': 20, 'train/l1': 2.0},
    {'step': 30, 'train/l1': 9.0},
  ]
  second.sync()
  second.close()


def test_a_full_disk_loses_no_row_that_was_there(tmp_path, file_limit):
  path = fill(tmp_path)
  rows = path.read_bytes()
  file_limit(len(rows) // 2)
  with pytest.raises(OSError):
    metric_writer.MetricWriter(tmp_path, start_step=20)
  assert path.read_bytes() == rows
  assert [p.name for p in tmp_path.glob('.*')] == []
  file_limit(None)
  writer = metric_writer.MetricWriter(tmp_path, start_step=30)
  # Room for a part of the next row.
  file_limit(len(rows) + 10)
  with pytest.raises(OSError, match='row of step 40 cannot be written'):
    writer.write(40, {'train/l1': 4.0})
  assert path.read_bytes() == rows
  file_limit(None)
  writer.write(40, {'train/l1': 4.0})
  writer.close()
  assert [row['step'] for row in metric_writer.read(path)] == [10, 20, 30, 40]


def test_pictures_are_rgb_strips(tmp_path):
  red = np.zeros((2, 8, 8, 3), np.uint8)
  red[..., 0] = 255
  white = np.ones((2, 8, 8, 3), np.float32)
  writer = metric_writer.MetricWriter(tmp_path)
  writer.write_images(5, {'samples': metric_writer.grid([red, white])})
  writer.close()
  image = cv2.imread(str(tmp_path / 'samples' / 'samples_00000005.png'))
  assert image.shape == (16, 16, 3)
  assert image[0, 0].tolist() == [0, 0, 255]  # OpenCV reads BGR
  assert image[12, 3].tolist() == [255, 255, 255]


def clip(frames=25, side=24):
  """A second that brightens, and a tone of half the loudness."""
  levels = np.linspace(40, 200, frames).astype(np.uint8)
  pictures = np.broadcast_to(
    levels[:, None, None, None], (frames, side, side, 3)
  )
  time = np.arange(640 * frames) / 16_000
  return pictures, np.rint(2**14 * np.sin(2 * np.pi * 440 * time)).astype('i2')


def test_videos_have_their_sound(tmp_path):
  pictures, sound = clip(side=25)
  writer = metric_writer.MetricWriter(tmp_path)
  writer.write_video(7, 'clip', pictures, sound)
  writer.close()
  path = tmp_path / 'samples' / 'clip_00000007.mp4'
  info = media.probe(path)
  assert (info.width, info.height, info.fps) == (26, 26, 25)  # even
  found = np.array([frame.mean() for _, frame in media.read_frames(path)])
  np.testing.assert_allclose(found, pictures[:, 0, 0, 0], atol=4)
  heard = media.read_audio(path)[: len(sound)]
  assert len(heard) == len(sound)
  # In step: one sample of a shift leaves 0.087. AAC smears the sudden start.
  assert np.abs(heard - sound / 2**15)[2000:-2000].max() < 0.02


def test_videos_are_bounded_and_never_end_a_run(tmp_path, file_limit):
  pictures, sound = clip(frames=2)
  writer = metric_writer.MetricWriter(tmp_path)
  folder = tmp_path / 'samples'
  for step in range(1000, 1060):
    (folder / f'clip_{step:08d}.mp4').touch()
  (folder / 'other_00000001.mp4').touch()
  writer.write_video(1060, 'clip', pictures, sound)
  names = sorted(path.name for path in folder.iterdir())
  assert len(names) == 51
  assert names[0] == 'clip_00001011.mp4' and names[-2:] == [
    'clip_00001060.mp4',
    'other_00000001.mp4',
  ]
  file_limit(40)
  writer.write_video(1061, 'clip', pictures, sound)
  writer.write_images(1061, {'samples': pictures[0]})
  file_limit(None)
  assert sorted(path.name for path in folder.iterdir()) == names
  writer.close()


def events(folder):
  """Of each event file, in TensorBoard's order, its events."""
  from tensorboardX.proto import event_pb2

  return [
    [
      event_pb2.Event.FromString(path.read_bytes()[start : start + length])
      for start, length in tfrecord.scan(path)
    ]
    for path in sorted(folder.iterdir())
  ]


def test_tensorboard_has_everything(tmp_path):
  pictures, sound = clip()
  config = {'batch_size': 3, 'networks': {'expert': {'width': 2}}}
  writer = metric_writer.MetricWriter(tmp_path, tensorboard=True, config=config)
  writer.write(10, {'train/l1': 0.5})
  writer.write(20, {'train/l1': 0.25, 'val/l1': 0.75})
  writer.write_images(20, {'samples': pictures[0]})
  writer.write_video(20, 'clip', pictures, sound)
  (found,) = events(tmp_path / 'tensorboard')  # before it is closed
  writer.close()
  values = [(event.step, v) for event in found for v in event.summary.value]
  scalars = [
    (step, v.tag, v.simple_value)
    for step, v in values
    if v.WhichOneof('value') == 'simple_value'
  ]
  assert scalars == [
    (10, 'train/l1', 0.5),
    (20, 'train/l1', 0.25),
    (20, 'val/l1', 0.75),
  ]
  by_tag = {v.tag: v for _, v in values}
  text = by_tag['config/text_summary'].tensor.string_val[0].decode()
  assert json.loads(text) == config
  png = np.frombuffer(by_tag['clip'].image.encoded_image_string, np.uint8)
  strip = cv2.imdecode(png, cv2.IMREAD_COLOR)
  assert strip.shape == (24, 8 * 24, 3)
  assert strip[0, [0, -1], 0].tolist() == [40, 200]
  assert by_tag['samples'].image.width == 24
  heard = by_tag['clip_sound'].audio
  assert (heard.sample_rate, heard.length_frames) == (16_000, len(sound))


def test_a_resumed_run_hides_what_tensorboard_had_after_it(tmp_path):
  for start in (0, 20):
    metric_writer.MetricWriter(
      tmp_path, start_step=start, tensorboard=True
    ).close()
  _, second = events(tmp_path / 'tensorboard')
  starts = [e for e in second if e.HasField('session_log')]
  assert [(e.step, e.session_log.status) for e in starts] == [(21, 1)]


def test_what_tensorboard_cannot_store_ends_no_run(
  tmp_path, file_limit, caplog
):
  writer = metric_writer.MetricWriter(tmp_path, tensorboard=True)
  noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), 'u1')
  file_limit(100_000)
  writer.write_images(1, {'samples': noise})
  assert 'tensorboard' in caplog.text and 'File too large' in caplog.text
  file_limit(None)
  writer.write(2, {'train/l1': 1.0})
  writer.close()
  (found,) = events(tmp_path / 'tensorboard')
  assert [v.tag for e in found for v in e.summary.value] == ['train/l1']


def test_other_hosts_write_nothing(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  pictures, sound = clip(frames=2)
  writer = metric_writer.Silent()
  writer.write(1, {'train/l1': 1.0})
  writer.write_images(1, {'samples': pictures[0]})
  writer.write_video(1, 'clip', pictures, sound)
  writer.sync()
  writer.close(failed=True)
  assert not list(tmp_path.iterdir())


def test_an_unknown_mode_is_refused(tmp_path):
  with pytest.raises(ValueError, match='disabled, offline, online'):
    metric_writer.MetricWriter(tmp_path, wandb={'mode': 'on'})


def wandb_records(folder):
  """What an offline run would send: a log as LevelDB's, in blocks of 32 kB."""
  from wandb.proto import wandb_internal_pb2

  (path,) = folder.glob('*.wandb')
  data, at, found, whole = path.read_bytes(), 7, [], b''
  while at < len(data):
    if -at % 2**15 < 7:  # no header begins so near the end of a block
      at += -at % 2**15
      continue
    _, length, kind = struct.unpack_from('<IHB', data, at)
    whole += data[at + 7 : at + 7 + length]
    at += 7 + length
    if kind in (1, 4):  # all of it, its last part
      found.append(wandb_internal_pb2.Record.FromString(whole))
      whole = b''
  return found


def wandb_rows(records):
  """Rows without what W&B adds."""
  rows = [
    {
      item.key or '/'.join(item.nested_key): json.loads(item.value_json)
      for item in record.history.item
    }
    for record in records
    if record.HasField('history')
  ]
  return [
    {k: v for k, v in row.items() if not k.startswith('_')} for row in rows
  ]


def test_a_resumed_run_is_one_run_of_wandb(tmp_path, monkeypatch):
  monkeypatch.setenv('WANDB_SILENT', 'true')
  monkeypatch.delenv('WANDB_RUN_ID', raising=False)
  options = {
    'mode': 'offline',
    'project': 'mouths',
    'entity': '',
    'name': 'first try',
    'group': 'tries',
    'tags': ('small', 'fast'),
  }
  pictures, sound = clip()
  for start, size in ((0, 3), (10, 4)):
    writer = metric_writer.MetricWriter(
      tmp_path, start_step=start, wandb=options, config={'batch_size': size}
    )
    writer.write(start + 10, {'train/l1': 0.5})
    writer.write_images(start + 10, {'samples': pictures[0]})
    writer.write_video(start + 10, 'clip', pictures, sound)
    writer.close(failed=start == 0)
  folders = sorted((tmp_path / 'wandb').glob('offline-run-*'))
  name = (tmp_path / 'wandb_id').read_text().strip()
  assert len(folders) == 2
  assert all(folder.name.endswith(f'-{name}') for folder in folders)
  for folder, step in zip(folders, (10, 20), strict=True):
    records = wandb_records(folder)
    (run,) = [r.run for r in records if r.HasField('run')]
    assert run.run_id == name and run.project == 'mouths'
    assert run.display_name == 'first try' and run.run_group == 'tries'
    assert set(run.tags) == {'small', 'fast'}
    config = {u.key: json.loads(u.value_json) for u in run.config.update}
    assert config['batch_size'] == {10: 3, 20: 4}[step]
    rows = wandb_rows(records)
    assert rows[0] == {'step': step, 'train/l1': 0.5}
    assert {row['step'] for row in rows} == {step}
    kinds = {
      name.removesuffix('/_type'): value
      for row in rows
      for name, value in row.items()
      if name.endswith('/_type')
    }
    assert kinds == {
      'samples': 'image-file',
      'clip': 'video-file',
      'clip_sound': 'audio-file',
    }
    (video,) = folder.glob('files/media/videos/*.mp4')
    assert media.probe_audio(video)
    (metric,) = [r.metric for r in records if r.HasField('metric')]
    assert (metric.glob_name, metric.step_metric) == ('*', 'step')
    (code,) = [r.exit.exit_code for r in records if r.HasField('exit')]
    assert code == (step == 10)


def test_an_agent_of_a_sweep_names_the_run(tmp_path, monkeypatch):
  monkeypatch.setenv('WANDB_SILENT', 'true')
  monkeypatch.setenv('WANDB_RUN_ID', 'trial7')
  metric_writer.MetricWriter(tmp_path, wandb={'mode': 'offline'}).close()
  assert list((tmp_path / 'wandb').glob('offline-run-*-trial7'))


def test_without_a_login_the_way_out_is_told(tmp_path, monkeypatch):
  """No network is asked: without a key W&B gives up before."""
  monkeypatch.setenv('WANDB_SILENT', 'true')
  monkeypatch.delenv('WANDB_API_KEY', raising=False)
  monkeypatch.setenv('NETRC', str(tmp_path / 'netrc'))
  with pytest.raises(OSError, match='wandb.mode=offline'):
    metric_writer.MetricWriter(tmp_path, wandb={'mode': 'online'})
