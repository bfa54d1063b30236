import cv2
import numpy as np

from lipsync_jax import metric_writer


def test_a_resumed_run_drops_rows_it_will_write_again(tmp_path):
  first = metric_writer.MetricWriter(tmp_path)
  for step in (10, 20, 30):
    first.write(step, {'train/l1': step / 10})
  first.close()
  with (tmp_path / 'metrics.jsonl').open('a') as file:
    file.write('{"step": 40, "tra')  # cut short by a crash
  second = metric_writer.MetricWriter(tmp_path, start_step=20)
  second.write(30, {'train/l1': 9.0})
  second.close()
  assert metric_writer.read(tmp_path / 'metrics.jsonl') == [
    {'step': 10, 'train/l1': 1.0},
    {'step': 20, 'train/l1': 2.0},
    {'step': 30, 'train/l1': 9.0},
  ]


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
