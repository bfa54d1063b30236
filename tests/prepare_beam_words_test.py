"""What `tools.prepare_beam` says of wrong command lines."""

import importlib.util
import sys

import pytest

from input_pipeline import preparation
from tools import prepare_beam as command

needs_beam = pytest.mark.skipif(
  importlib.util.find_spec('apache_beam') is None,
  reason='apache-beam is not installed (the beam extra)',
)
pytestmark = pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'  # of ml_collections
)


@needs_beam
@pytest.mark.parametrize(
  ('word', 'said'),
  [
    ('--expert=nowhere', 'Beam needs --config.select.min_confidence=X'),
    ('--speaker_from=file', 'Neither this tool nor Beam knows --speaker_from'),
    ('two.mp4', "'two.mp4' belongs to no option"),
    ('--config.select.min_fase=3', 'no field for'),
    ('--validation-fraction=2', 'is not in 0..1'),
    ('--s3fd=x', '--s3fd goes with --detector s3fd'),
  ],
)
def test_wrong_arguments_are_said(footage_folder, tmp_path, capsys, word, said):
  words = [f'--videos={footage_folder}', f'--output={tmp_path / "o"}', word]
  assert command.main(words) == 2
  assert said in capsys.readouterr().err
  assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('given', ['--videos', '--output'])
def test_what_is_missing_is_named(given, capsys):
  with pytest.raises(SystemExit):
    command.main([given, 'x'])
  missing = {'--videos': '--output', '--output': '--videos'}[given]
  assert f'{missing} is missing' in capsys.readouterr().err


def test_command_says_when_beam_is_missing(monkeypatch, capsys):
  for name in ('beam_files', 'beam_pipeline', 'beam_run', 'beam_steps'):
    monkeypatch.delitem(
      sys.modules, f'input_pipeline.preparation.{name}', raising=False
    )
    monkeypatch.delattr(preparation, name, raising=False)
  monkeypatch.setitem(sys.modules, 'apache_beam', None)
  assert command.main(['--videos', 'v', '--output', 'o']) == 2
  assert "pip install -e '.[beam]'" in capsys.readouterr().err
