"""What `tools.prepare` prints, and what it says of wrong command lines."""

import pytest

from input_pipeline import manifest, shards
from tools import prepare as command

# Of ml_collections.
pytestmark = pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'
)


def test_command_prepares_and_reports(footage_folder, tmp_path, capsys):
  output = tmp_path / 'data'
  arguments = [
    f'--videos={footage_folder / "anna"}',
    f'--output={output}',
    '--detector=cascade',
    '--config.decoding.size=64',
    '--workers=1',
  ]
  for extra in ([], ['--overwrite', '--split', 'test']):
    assert command.main(arguments + extra) == 0
  printed = capsys.readouterr().out
  assert '1 of 1 candidates kept, of 1 videos' in printed
  assert 'test: 1 tracks, 1 chunks, 2 s, 1 speakers (anna)' in printed
  assert len(shards.load_split(output, 'test')) == 1
  assert command.main(arguments) == 2
  assert 'error: ' in capsys.readouterr().err


def test_command_says_when_nothing_was_kept(tmp_path, capsys):
  (tmp_path / 'in').mkdir()
  arguments = [f'--videos={tmp_path / "in"}', f'--output={tmp_path / "o"}']
  assert command.main(arguments) == 2
  assert 'There are no videos' in capsys.readouterr().err
  (tmp_path / 'in' / 'text.mp4').write_text('text')
  assert command.main([*arguments, '--detector', 'cascade']) == 1
  assert '0 of 0 candidates kept, of 1 videos' in capsys.readouterr().out
  [row] = manifest.read(tmp_path / 'o')
  assert not row['kept'] and (tmp_path / 'o' / 'report.html').exists()


@pytest.mark.parametrize(
  ('words', 'said'),
  [
    ('--videos v', '--videos needs --output'),
    ('--output o', 'either --videos or --rescore'),
    ('--videos v --rescore d', 'either --videos or --rescore'),
    ('--rescore d --split test --layout lrw', 'rescore: --layout, --split'),
    ('--videos v --output o --size 3', 'unrecognized arguments: --size 3'),
  ],
)
def test_options_that_do_not_go_together(words, said, capsys):
  with pytest.raises(SystemExit) as stop:
    command.main(words.split())
  assert stop.value.code == 2
  assert said in capsys.readouterr().err


@pytest.mark.parametrize(
  ('word', 'said'),
  [
    ('--config.select.min_fase=3', 'no field for'),
    ('--config.select.faces=best', "faces='best' must be one of"),
    ('--config.decoding.size=3', 'size=3 must be from 16'),
  ],
)
def test_wrong_numbers_are_said(footage_folder, tmp_path, capsys, word, said):
  words = [f'--videos={footage_folder}', f'--output={tmp_path / "o"}', word]
  assert command.main(words) == 2
  assert said in capsys.readouterr().err
  assert not list(tmp_path.iterdir())
