import json

import cv2
import numpy as np
import written

from input_pipeline import tfrecord_index
from lipsync_jax import metric_writer


def events(folder):
  """Of each event file, in TensorBoard's order, its events."""
  from tensorboardX.proto import event_pb2

  return [
    [
      event_pb2.Event.FromString(path.read_bytes()[start : start + length])
      for start, length in tfrecord_index.scan(path)
    ]
    for path in sorted(folder.iterdir())
  ]


def test_tensorboard_has_everything(tmp_path):
  pictures, sound = written.clip()
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


def test_what_tensorboard_cannot_store_ends_no_run(tmp_path, caplog):
  writer = metric_writer.MetricWriter(tmp_path, tensorboard=True)
  noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), 'u1')
  with written.room(100_000):
    writer.write_images(1, {'samples': noise})
  assert 'tensorboard' in caplog.text and 'File too large' in caplog.text
  writer.write(2, {'train/l1': 1.0})
  writer.close()
  (found,) = events(tmp_path / 'tensorboard')
  assert [v.tag for e in found for v in e.summary.value] == ['train/l1']
