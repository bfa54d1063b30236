"""Every expert learns to hear people it never saw.

Chance of finding an offset of 31 within one frame is a tenth; an expert that
always answers the same is right for a third of the clips, which are judged as
they are and with their sound moved either way.
"""

import learning
import pytest


@pytest.mark.parametrize(
  ('name', 'steps', 'rate', 'size', 'factor'),
  [
    ('expert', 150, 3e-3, 24, 0.5),
    ('lstm_cbam', 120, 3e-3, 24, 0.6),
    ('syncnet', 200, 1e-3, 64, 0.5),
    ('syncnet:paper', 110, 3e-3, 64, 0.7),
  ],
)
def test_experts_hear_people_they_never_saw(
  name, steps, rate, size, factor, people, tmp_path
):
  config = learning.make_config(
    name, people, steps=steps, rate=rate, image_size=size
  )
  with config.unlocked():
    if name == 'lstm_cbam':
      config.networks.expert.momentum = 0.9  # there are few steps
    if name == 'syncnet':
      # SGD leaves the plateau of this loss, all distances at half the margin,
      # a thousand steps later.
      config.optimizer.expert.name = 'adamw'
  rows, found = learning.learn(config, tmp_path)
  assert learning.fall(rows) < factor
  assert found['offset_accuracy_clip'] > 0.45
  assert found['offset_accuracy_5'] > 0.15
