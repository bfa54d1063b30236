import io
import logging

import pytest

from lipsync_jax.training import progress

ROW = {
  'train/generator_loss': 0.5,
  'train/discriminator_loss': 0.25,
  'train/loss': 0.75,
  'train/l1': 0.1,
  'val/generator_loss': 9.0,
}


class Terminal(io.StringIO):
  def isatty(self):
    return True

  def line(self):
    """What is to be seen now."""
    return self.getvalue().split('\r')[-1].rstrip()


class Clock:
  now = 100.0

  def __call__(self):
    return self.now


@pytest.fixture
def clock():
  return Clock()


def run(clock, stream, **options):
  options = {'start_step': 0, 'num_steps': 1000} | options
  return progress.Progress('wav2lip', stream=stream, clock=clock, **options)


def steps(bar, clock, first, last, seconds):
  for done in range(first, last + 1):
    clock.now += seconds
    bar.update(done)


def test_the_time_to_go_is_that_of_the_whole_run(clock):
  terminal = Terminal()
  with run(clock, terminal, start_step=500) as bar:
    clock.now += 300  # compiles
    bar.update(501)
    bar.show(ROW)
    assert 'to go' not in terminal.line()
    steps(bar, clock, 502, 601, seconds=2.0)
    bar.show(ROW)
    # 399 steps of 2 s.
    assert terminal.line().endswith(
      '601/1000, generator_loss 0.5, discriminator_loss 0.25, 2 s/step, '
      '13:18 to go'
    )
    assert ' 60%|' in terminal.line()
    with bar.doing('evaluating'):
      clock.now += 100
    bar.show(ROW)
    assert terminal.line().endswith('3 s/step, 19:57 to go')


def test_a_terminal_says_what_keeps_it_waiting(clock, caplog):
  terminal = Terminal()
  with run(clock, terminal) as bar, caplog.at_level(logging.INFO):
    with bar.doing('evaluating'):
      assert terminal.line().endswith('evaluating ...')
      with bar.doing('saving'):
        assert terminal.line().endswith('saving ...')
      assert terminal.line().endswith('evaluating ...')
    assert '...' not in terminal.line()
    with pytest.raises(OSError), bar.doing('saving'):
      raise OSError
    assert '...' not in terminal.line()
    steps(bar, clock, 1, 100, seconds=10)
  assert not caplog.messages


def test_a_log_file_gets_whole_lines_now_and_then(clock, caplog):
  file = io.StringIO()
  with run(clock, file) as bar, caplog.at_level(logging.INFO):
    clock.now += 100.0  # compiles
    steps(bar, clock, 1, 25, seconds=5.0)
    bar.show(ROW)
    steps(bar, clock, 26, 40, seconds=5.0)
    with bar.doing('evaluating'):
      pass
  assert caplog.messages == [
    'wav2lip: 2 of 1000 steps (0 %), 5 s/step, 1:23:10 to go',
    'wav2lip: 14 of 1000 steps (1 %), 5 s/step, 1:22:10 to go',
    'wav2lip: 26 of 1000 steps (3 %), generator_loss 0.5, '
    'discriminator_loss 0.25, 5 s/step, 1:21:10 to go',
    'wav2lip: 38 of 1000 steps (4 %), generator_loss 0.5, '
    'discriminator_loss 0.25, 5 s/step, 1:20:10 to go',
    'wav2lip: evaluating after 40 steps',
  ]
  assert not file.getvalue()
