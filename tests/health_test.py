"""Skipped steps are named, and too many of them end a run."""

import logging

import jax.numpy as jnp
import pytest

from lipsync_jax.training import health


def names(step):
  return [f'clip{step}', 'bad.mp4']


def watch(counts, *, limit=3, asked=None):
  """A Health that was shown the counts of steps 0, 1, ..."""

  def ask(step):
    if asked is not None:
      asked.append(step)
    return names(step)

  watching = health.Health(limit, ask)
  for step, count in enumerate(counts):
    watching.saw(step, jnp.float32(count))
  return watching


def test_a_skipped_step_is_told_with_its_records(caplog):
  with caplog.at_level(logging.WARNING):
    watch([0, 1, 0]).finish()
  (record,) = caplog.records
  # Counted from 1, as in metrics.jsonl.
  assert 'Skipped step 2, 1 in a row' in record.getMessage()
  assert 'clip1, bad.mp4' in record.getMessage()


def test_good_steps_cost_no_names(caplog):
  asked = []
  watch([0] * 20, asked=asked).finish()
  assert not asked
  assert not caplog.records


def test_the_newest_steps_are_left_to_the_device():
  asked = []
  watching = watch([1] + [0] * (health._LAG - 1), asked=asked)
  assert not asked
  watching.saw(health._LAG, jnp.float32(0))
  assert asked == [0]


def test_too_many_in_a_row_end_the_run():
  with pytest.raises(health.TooManyBadSteps) as found:
    watch([0, 1, 2, 3, 4]).finish()
  assert isinstance(found.value, FloatingPointError)
  assert found.value.first_bad_step == 1
  said = str(found.value)
  assert 'Steps 2 to 4 were skipped' in said
  assert 'since step 1.' in said
  assert 'learning rate' in said and 'clip_norm' in said
  assert said.index('bad.mp4 (3x)') < said.index('clip2 (1x)')


def test_it_is_raised_while_the_run_goes_on():
  with pytest.raises(health.TooManyBadSteps):
    watch(range(1, 9))


def test_good_steps_between_start_the_count_anew():
  watch([1, 2, 0, 1, 2, 0]).finish()


def test_a_count_that_began_before_a_resume_goes_on():
  with pytest.raises(health.TooManyBadSteps) as found:
    watching = health.Health(3)
    watching.saw(11, jnp.float32(2))
    watching.saw(12, jnp.float32(3))
    watching.finish()
  assert found.value.first_bad_step == 10
  assert 'unknown' in str(found.value)


def test_of_many_records_the_most_frequent_are_named():
  watching = health.Health(1, lambda step: [f'{i}.mp4' for i in range(64)])
  watching.saw(0, jnp.float32(1))
  with pytest.raises(health.TooManyBadSteps, match='44 more, see the warn'):
    watching.finish()
