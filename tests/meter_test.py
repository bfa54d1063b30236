import time

import pytest

from lipsync_jax import meter


class Result:
  """Stands for an array that is still, or no longer, being computed."""

  def __init__(self, ready):
    self.is_ready = lambda: ready


@pytest.mark.parametrize('ready', [True, False])
def test_only_an_idle_device_waits(ready):
  clock = meter.Meter(batch_size=4)
  for _ in range(2):
    with clock.waiting(Result(ready)):
      time.sleep(0.02)
  row = clock.read()
  assert (row['time/data_wait_share'] > 0.9) == ready
  assert row['time/examples_per_second'] == pytest.approx(
    4 / row['time/seconds_per_step']
  )


def test_what_is_no_training_is_told_apart():
  clock = meter.Meter(batch_size=4)
  with clock.waiting(Result(False)):
    time.sleep(0.02)
  with clock.part('evaluating'):
    time.sleep(0.2)
  row = clock.read()
  assert row['time/evaluating_seconds'] >= 0.2
  assert row['time/seconds_per_step'] < row['time/evaluating_seconds']
  assert 'time/evaluating_seconds' not in clock.read()
  found = clock.seconds()
  assert found['total'] >= found['evaluating'] >= 0.2
