"""`tools.prepare --clean`, as it is typed."""

import json

import pytest

from input_pipeline import shards
from tools import prepare as command


def test_command_shows_and_cleans(talkers, tiny_expert, tmp_path, capsys):
  words = ['--clean', str(talkers), '--expert', str(tiny_expert)]
  assert command.main(words) == 0
  printed = capsys.readouterr().out
  assert f'Expert: {tiny_expert}, step 2, trained by multiway.' in printed
  assert '4 records; this share' in printed and 'Nothing was' in printed
  least = float(printed.split('   50 %')[1].split()[0])
  output = tmp_path / 'clean'
  words += ['--output', str(output), '--max-offset', '15']
  assert command.main([*words, '--min-confidence', str(least)]) == 0
  printed = capsys.readouterr().out
  assert '2 of 4 training records kept' in printed
  assert f'2 dropped: sync confidence below {least:g}' in printed
  assert 'validation: 2 videos, 2 chunks' in printed
  assert len(shards.load_split(output, 'train')) == 2
  metadata = json.loads((output / 'metadata.json').read_text())
  assert metadata['licences'] == ['none']
  assert metadata['cleaned']['expert'] == {
    'run': str(tiny_expert),
    'step': 2,
    'objective': 'multiway',
  }
  assert command.main([*words, '--min-confidence', '0']) == 2
  assert '--overwrite' in capsys.readouterr().err


@pytest.mark.parametrize(
  ('words', 'said'),
  [
    ('--clean d', '--clean needs --expert'),
    ('--clean d --expert e --output o', 'go together'),
    ('--clean d --expert e --min-confidence 0', 'go together'),
    ('--clean d --expert e --size 64 --split test', '--size, --split'),
    ('--videos v', '--videos needs --output'),
    ('--videos v --output o --max-offset 2', 'not with --videos'),
    ('--clean d --videos v', 'not allowed with'),
    ('--clean d --expert e --max-offset 2', 'go with --min-confidence'),
    ('--clean d --expert e --overwrite', 'go with --min-confidence'),
  ],
)
def test_options_that_do_not_go_together(words, said, capsys):
  with pytest.raises(SystemExit) as stop:
    command.main(words.split())
  assert stop.value.code == 2
  assert said in capsys.readouterr().err
