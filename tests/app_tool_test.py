"""The command of the web page: what it says when it cannot open it."""

import sys
import types

import pytest

from lipsync_jax import inference, page
from tests import fakes
from tools import app


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
  """Loading it gives a stand-in."""
  loaded = types.ModuleType('lipsync_jax.inference.generator')
  loaded.load = lambda checkpoint, **options: fakes.FakeGenerator(
    fakes.identity
  )
  monkeypatch.setitem(sys.modules, loaded.__name__, loaded)
  monkeypatch.setattr(inference, 'generator', loaded, raising=False)
  return f'--checkpoint={tmp_path}'


def test_without_gradio_it_says_what_to_install(
  checkpoint, monkeypatch, capsys, tmp_path
):
  monkeypatch.setitem(sys.modules, 'gradio', None)
  monkeypatch.delitem(sys.modules, 'lipsync_jax.page.build', raising=False)
  monkeypatch.delattr(page, 'build', raising=False)
  monkeypatch.setattr('tempfile.tempdir', str(tmp_path))
  assert app.main([checkpoint, '--detector=cascade']) == 2
  assert "pip install -e '.[app]'" in capsys.readouterr().err
  assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
  'option',
  ['--max-upload=much', '--max-minutes=0', '--max-minutes=nan', '--port=x'],
)
def test_bad_options_are_said_at_once(checkpoint, option, capsys):
  with pytest.raises(SystemExit) as ended:
    app.main([checkpoint, option])
  assert ended.value.code == 2
  assert (
    f'error: {option.partition("=")[0]}'
    in capsys.readouterr().err.replace('argument ', '')
  )


def test_bad_input_is_one_line_and_exit_code_2(checkpoint, capsys):
  arguments = [checkpoint, '--detector=yunet', '--yunet=nothing.onnx']
  assert app.main(arguments) == 2
  error = capsys.readouterr().err.strip()
  assert error.startswith('error: ') and '\n' not in error
