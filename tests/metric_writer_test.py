import cv2
import numpy as np
import pytest
import written

from input_pipeline import media
from lipsync_jax import metric_writer


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


def test_a_full_disk_loses_no_row_that_was_there(tmp_path):
  path = fill(tmp_path)
  rows = path.read_bytes()
  with written.room(len(rows) // 2), pytest.raises(OSError):
    metric_writer.MetricWriter(tmp_path, start_step=20)
  assert path.read_bytes() == rows
  assert [p.name for p in tmp_path.glob('.*')] == []
  writer = metric_writer.MetricWriter(tmp_path, start_step=30)
  # Room for a part of the next row.
  with (
    written.room(len(rows) + 10),
    pytest.raises(OSError, match='row of step 40 cannot be written'),
  ):
    writer.write(40, {'train/l1': 4.0})
  assert path.read_bytes() == rows
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


def test_videos_have_their_sound(tmp_path):
  pictures, sound = written.clip(side=25)
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


def test_videos_are_bounded_and_never_end_a_run(tmp_path):
  pictures, sound = written.clip(frames=2)
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
  with written.room(40):
    writer.write_video(1061, 'clip', pictures, sound)
    writer.write_images(1061, {'samples': pictures[0]})
  assert sorted(path.name for path in folder.iterdir()) == names
  writer.close()


def test_other_hosts_write_nothing(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  pictures, sound = written.clip(frames=2)
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


def test_an_evaluation_that_is_made_again_is_told_once(tmp_path):
  first = metric_writer.MetricWriter(tmp_path)
  first.write(10, {'train/l1': 1.0})
  first.write(10, {'val/l1': 2.0})
  first.close()
  for evaluated, left in ((True, 2), (False, 1)):
    again = metric_writer.MetricWriter(
      tmp_path, start_step=10, evaluated=evaluated
    )
    again.close()
    assert len(metric_writer.read(tmp_path / 'metrics.jsonl')) == left
