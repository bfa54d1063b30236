"""Commands of a notebook: shown live, and their failure is the cell's."""

import contextlib
import io
import subprocess
import sys

import pytest

from tools import notebook


@pytest.fixture
def module(tmp_path, monkeypatch):
  """Makes a module that can be run as a command."""
  monkeypatch.setenv('PYTHONPATH', str(tmp_path))

  def make(source):
    (tmp_path / 'made.py').write_text(source)
    return 'made'

  return make


def test_what_a_command_prints_is_shown(module, capsys):
  notebook.run(module('import sys; print(sys.argv[1:])'), 'a b', '--c=ä')
  shown = capsys.readouterr().out
  assert shown == "$ python -m made a b --c=ä\n['a b', '--c=ä']\n"


def test_it_is_shown_while_the_command_runs(module, tmp_path, monkeypatch):
  """The command ends when what it has printed was seen."""
  seen = tmp_path / 'seen'

  class Screen(io.StringIO):
    def write(self, text):
      if '50%' in text:
        seen.touch()
      return super().write(text)

  source = f"""
import pathlib, sys, time
print('50%', end='\\r', file=sys.stderr)
for _ in range(3000):
  if pathlib.Path({str(seen)!r}).exists():
    sys.exit()
  time.sleep(0.01)
sys.exit('not seen')
"""
  with contextlib.redirect_stdout(Screen()):
    notebook.run(module(source))


def test_a_failure_is_raised_after_what_it_said(module, capsys):
  with pytest.raises(RuntimeError, match='made ended with code 3'):
    notebook.run(module('print("why"); raise SystemExit(3)'))
  assert 'why' in capsys.readouterr().out
  notebook.run('made', accept=(0, 3))


def test_what_was_done_is_left_out(tmp_path, capsys):
  notebook.run('no_such_module', done=tmp_path)
  assert f'Done before: {tmp_path}' in capsys.readouterr().out
  with pytest.raises(RuntimeError):
    notebook.run('no_such_module', done=tmp_path / 'missing')


def test_an_interrupted_command_can_save_what_it_has(module, monkeypatch):
  """The interrupt reaches both; what the command says then is still shown."""
  show, calls = notebook._show, []

  def interrupted(pipe):
    calls.append(pipe)
    if len(calls) == 1:
      raise KeyboardInterrupt
    show(pipe)

  monkeypatch.setattr(notebook, '_show', interrupted)
  screen = io.StringIO()
  with contextlib.redirect_stdout(screen), pytest.raises(KeyboardInterrupt):
    notebook.run(module('print("saved")'))
  assert 'saved' in screen.getvalue() and len(calls) == 2


def test_devices_are_told(monkeypatch):
  monkeypatch.setenv('JAX_PLATFORMS', 'cpu')
  monkeypatch.setenv('JAX_NUM_CPU_DEVICES', '8')
  done = subprocess.run(
    [sys.executable, '-m', 'tools.notebook'], capture_output=True, text=True
  )
  assert done.stdout.startswith('8 x cpu (cpu), JAX ')
