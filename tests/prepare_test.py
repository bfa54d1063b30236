"""Real files in, a data set and a complete list of what became of each."""

import json

import footage
import pytest

from input_pipeline import (
  manifest,
  prepare,
  prepare_video,
  records,
  shards,
  tracks,
)
from tools import prepare as command

OPTIONS = footage.OPTIONS


@pytest.fixture(scope='module')
def prepared(tmp_path_factory, footage_folder):
  output = tmp_path_factory.mktemp('data') / 'talkers'
  rows = prepare.prepare(footage_folder, output, options=OPTIONS, workers=1)
  return output, rows


def test_every_video_is_listed_with_a_reason(prepared):
  output, rows = prepared
  assert manifest.read(output) == rows
  reasons = {row['path']: row['reason'] for row in rows}
  broken = 'not a media file, or cut off or damaged beyond reading'
  # How much of half a file can be read is for the codec to say.
  assert reasons.pop('bad/truncated.mp4').endswith(broken)
  assert reasons.pop('bad/cut_off.mp4').startswith('cut off: 0.')
  assert reasons == {
    'anna/one.mp4': '',
    'bad/empty.mp4': 'the file is empty',
    'bad/glimpse.mp4': 'the face never stays for 0.6 s',
    'bad/no_face.mp4': 'no face found',
    'bad/no_sound.mp4': 'no sound track',
    'bad/short.mp4': 'shorter than 0.6 s',
    'bad/silent.mp4': 'the sound is silent',
    'bad/text.mp4': broken,
    'ben/one.mp4': '',
  }
  assert all(row['kept'] == (not row['reason']) for row in rows)


def test_row_tells_what_was_found(prepared):
  row = prepared[1][0]
  assert (row['speaker'], row['frames'], row['chunks']) == (
    'anna',
    footage.FRAMES,
    1,
  )
  assert (row['fps'], row['seconds'], row['licence']) == (25, 1.6, 'CC0')
  assert (row['width'], row['height']) == (256, 256)
  assert row['face_fraction'] == 1 and 0 < row['detection_score'] < 1
  assert 120 < row['face_size'] < 220
  assert row['face_crop'] == tracks.FACE_CROP


def test_speakers_do_not_share_splits(prepared):
  output, rows = prepared
  found = {
    split: {records.parse(d).speaker for d in shards.load_split(output, split)}
    for split in ('train', 'validation')
  }
  assert sorted(map(sorted, found.values())) == [['anna'], ['ben']]
  assert all(
    row['speaker'] in found[row['split']] for row in rows if row['kept']
  )


def test_settings_are_stored(prepared):
  settings = json.loads((prepared[0] / 'metadata.json').read_text())
  assert settings['face_crop'] == 'v1' and settings['size'] == 64
  assert settings['detector'] == 'cascade'


def test_nothing_is_left_beside_the_output(prepared):
  assert [path.name for path in prepared[0].parent.iterdir()] == ['talkers']


def test_shards_do_not_depend_on_the_workers(
  prepared, footage_folder, tmp_path
):
  output = tmp_path / 'again'
  rows = prepare.prepare(footage_folder, output, options=OPTIONS, workers=2)
  assert rows == prepared[1]
  for path in prepared[0].glob('*.tfrecord-*'):
    assert (output / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize('wrong', ['size=0', 'quality=101', 'detect_every=0'])
def test_options_out_of_range_are_refused(wrong):
  name, value = wrong.split('=')
  with pytest.raises(ValueError, match=f'{wrong} must be from'):
    prepare_video.Options(**{name: int(value)})


def test_output_is_replaced_only_when_asked_and_ours(prepared, tmp_path):
  output, _ = prepared
  with pytest.raises(FileExistsError, match='--overwrite'):
    prepare.prepare(tmp_path, output)
  (tmp_path / 'thesis.txt').write_text('precious')
  with pytest.raises(FileExistsError, match='not made by this tool'):
    prepare.prepare(tmp_path, tmp_path, overwrite=True)


def test_command_prepares_and_reports(footage_folder, tmp_path, capsys):
  output = tmp_path / 'data'
  arguments = [
    '--videos',
    str(footage_folder / 'anna'),
    '--output',
    str(output),
  ]
  arguments += ['--detector', 'cascade', '--size', '64', '--workers', '1']
  for extra in ([], ['--overwrite', '--split', 'test']):
    assert command.main(arguments + extra) == 0
  printed = capsys.readouterr().out
  assert '1 of 1 videos kept' in printed
  assert 'test: 1 videos, 1 chunks, 2 s, 1 speakers (anna)' in printed
  assert len(shards.load_split(output, 'test')) == 1
  assert command.main(arguments) == 2
  assert 'error: ' in capsys.readouterr().err


def test_command_says_when_nothing_was_kept(tmp_path, capsys):
  (tmp_path / 'in').mkdir()
  arguments = [
    '--videos',
    str(tmp_path / 'in'),
    '--output',
    str(tmp_path / 'o'),
  ]
  assert command.main(arguments) == 2
  assert 'There are no videos' in capsys.readouterr().err
  (tmp_path / 'in' / 'text.mp4').write_text('text')
  assert command.main([*arguments, '--detector', 'cascade']) == 1
  assert '0 of 1 videos kept' in capsys.readouterr().out
  [row] = manifest.read(tmp_path / 'o')
  assert not row['kept']
