import json
import signal

import pytest

from lipsync_jax.training import folder, interruption


def about(path):
  return json.loads((path / 'run.json').read_text())


def test_one_run_at_a_time(tmp_path):
  with folder.hold(tmp_path, num_steps=9):
    assert about(tmp_path)['state'] == 'running'
    with pytest.raises(folder.InUseError, match=r'in use .*another --workdir'):
      with folder.hold(tmp_path, num_steps=9):
        pass
    assert about(tmp_path)['state'] == 'running'  # of the first one
  with folder.hold(tmp_path, num_steps=9) as again:
    again.tell(step=5)
    assert about(tmp_path)['step'] == 5
  assert about(tmp_path) | {'state': 'finished', 'resumed': 1} == about(
    tmp_path
  )


@pytest.mark.parametrize(
  'error, state',
  [
    (interruption.Stopped(15, 7), 'stopped'),
    (KeyboardInterrupt(), 'stopped'),
    (OSError('No space left'), 'failed'),
  ],
)
def test_how_a_run_ended_is_noted(error, state, tmp_path):
  with pytest.raises(type(error)), folder.hold(tmp_path, num_steps=9):
    raise error
  assert about(tmp_path)['state'] == state
  assert about(tmp_path)['error'] == (str(error) or 'KeyboardInterrupt')


def test_a_broken_note_is_none(tmp_path):
  (tmp_path / 'run.json').write_text('{"state": "runn')
  assert folder.read(tmp_path) == {}
  with folder.hold(tmp_path, num_steps=9):
    assert about(tmp_path)['resumed'] == 0


def test_what_changed_in_the_config_is_said(tmp_path, caplog):
  with folder.hold(tmp_path, num_steps=9) as held:
    held.note_config('{"seed": 0, "data": {"directory": "a", "split": 1}}')
    assert not caplog.text
    held.note_config('{"seed": 0, "data": {"directory": "b", "split": 1}}')
  assert 'config.data.directory was a, is b.' in caplog.text
  assert 'split' not in caplog.text


def test_a_signal_is_a_wish_and_the_second_one_an_order():
  # A shell that starts the tests in the background has it ignored.
  signal.signal(signal.SIGINT, signal.default_int_handler)
  with interruption.Interruption() as wish:
    wish.check(3)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(interruption.Stopped, match='step 4') as stopped:
      wish.check(4)
    assert (stopped.value.signal, stopped.value.step) == (signal.SIGINT, 4)
    with pytest.raises(KeyboardInterrupt):
      signal.raise_signal(signal.SIGINT)
  assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
