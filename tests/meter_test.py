import time

import pytest

from lipsync_jax import meter


def test_waiting_is_the_share_of_time_in_which_nothing_else_happened():
  clock = meter.Meter(batch_size=8)
  with clock.waiting():
    time.sleep(0.1)
  time.sleep(0.1)
  row = clock.read()
  assert row['time/data_wait_share'] == pytest.approx(0.5, abs=0.15)
  assert row['time/examples_per_second'] == pytest.approx(40, rel=0.3)
  assert clock.read()['time/data_wait_share'] == 0


class Running:
  """An array that is still being computed."""

  def is_ready(self):
    return False


def test_a_wait_during_which_the_device_computes_is_none():
  clock = meter.Meter(batch_size=8)
  with clock.waiting(Running()):
    time.sleep(0.02)
  row = clock.read()
  assert row['time/data_wait_share'] == 0
  assert row['time/seconds_per_step'] >= 0.02
