import json
import struct
import time

import pytest
import written
from wandb.proto import wandb_internal_pb2

from input_pipeline import media
from lipsync_jax import metric_writer


def wandb_records(folder):
  """What an offline run would send, to its end."""
  (path,) = folder.glob('*.wandb')
  for _ in range(600):
    found = parsed(path.read_bytes())
    if any(record.HasField('exit') for record in found):
      return found
    # `finish` returns before W&B's own process has written everything.
    time.sleep(0.1)
  raise AssertionError(f'{path} has no end.')


def parsed(data):
  """Records of a log as LevelDB's, in blocks of 32 kB."""
  at, found, whole = 7, [], b''
  while at + 7 <= len(data):
    if -at % 2**15 < 7:  # no header begins so near the end of a block
      at += -at % 2**15
      continue
    _, length, kind = struct.unpack_from('<IHB', data, at)
    whole += data[at + 7 : at + 7 + length]
    at += 7 + length
    if kind in (1, 4) and at <= len(data):  # all of it, its last part
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
  pictures, sound = written.clip()
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
