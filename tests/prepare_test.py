"""Real files in, a data set and a complete list of what became of each."""

import json

import footage
import pytest

from input_pipeline import manifest, records, shards, tracks
from input_pipeline.preparation import (
  prepare,
  prepare_video,
  selection,
  sources,
)

OPTIONS = footage.OPTIONS
THRESHOLDS = selection.Thresholds(min_seconds=0.6)


def run(folder, output, **more):
  found = sources.find(folder, licence='CC0')
  more = {'options': OPTIONS, 'thresholds': THRESHOLDS, 'workers': 1} | more
  return prepare.prepare(found, output, **more)


@pytest.fixture(scope='module')
def prepared(tmp_path_factory, footage_folder):
  output = tmp_path_factory.mktemp('data') / 'talkers'
  return output, run(footage_folder, output)


def test_every_video_is_listed_with_a_reason(prepared):
  output, rows = prepared
  assert manifest.read(output) == rows
  reasons = {row['path']: (row['stage'], row['reason']) for row in rows}
  broken = 'not a media file, or cut off or damaged beyond reading'
  # How much of half a file can be read is for the codec to say.
  stage, reason = reasons.pop('bad/truncated.mp4')
  assert stage == 'read' and reason.endswith(broken)
  stage, reason = reasons.pop('bad/cut_off.mp4')
  assert stage == 'read' and reason.startswith('cut off: 0.')
  assert reasons == {
    'anna/one.mp4': ('', ''),
    'bad/empty.mp4': ('read', 'the file is empty'),
    'bad/glimpse.mp4': ('track', 'the face never stays for 0.6 s'),
    'bad/no_face.mp4': ('face', 'no face found'),
    'bad/no_sound.mp4': ('sound', 'no sound track'),
    'bad/short.mp4': ('read', 'shorter than 0.6 s'),
    'bad/silent.mp4': ('sound', 'the sound is silent'),
    'bad/text.mp4': ('read', broken),
    'ben/one.mp4': ('', ''),
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
  assert (row['shot'], row['shots'], row['track']) == (0, 1, 0)
  assert (row['start'], row['end'], row['shot_end']) == (0, 1.6, 1.6)
  assert row['face_fraction'] == 1 and 0 < row['detection_score'] < 1
  assert 120 < row['face_size'] < 220 and row['sharpness'] > 5
  assert 0.5 < row['speech'] <= 1 and row['yaw'] is None
  assert [frame for frame, *_ in row['box']] == list(range(0, 40, 5))
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


def test_records_say_whose_they_are(prepared):
  [raw] = shards.load_split(prepared[0], prepared[1][0]['split'])
  chunk = records.parse(raw)
  assert (chunk.clip_id, chunk.speaker) == ('anna/one.mp4', 'anna')
  assert (chunk.licence, chunk.face_crop) == ('CC0', 'v1')


def test_settings_are_stored(prepared):
  settings = json.loads((prepared[0] / 'metadata.json').read_text())
  assert settings['face_crop'] == 'v1' and settings['size'] == 64
  assert settings['decoding']['detector'] == 'cascade'
  assert settings['thresholds']['min_seconds'] == 0.6
  assert settings['licences'] == ['CC0'] and settings['expert'] is None


def test_the_report_says_that_sync_was_not_checked(prepared):
  page = (prepared[0] / 'report.html').read_text()
  assert 'sync was not checked' in page and 'bad/no_face.mp4' in page


def test_only_the_candidates_are_left_beside_the_output(prepared):
  beside = sorted(path.name for path in prepared[0].parent.iterdir())
  assert beside == ['talkers', 'talkers.candidates']


def test_shards_do_not_depend_on_the_workers(
  prepared, footage_folder, tmp_path
):
  output = tmp_path / 'again'
  rows = run(footage_folder, output, workers=2, keep_candidates=False)
  assert rows == prepared[1]
  assert not prepare.candidates_of(output).exists()
  for path in prepared[0].glob('*.tfrecord-*'):
    assert (output / path.name).read_bytes() == path.read_bytes()


def test_videos_that_come_later_join_what_is_done(
  footage_folder, tmp_path, monkeypatch
):
  output = tmp_path / 'data'
  run(footage_folder / 'anna', output)
  done = []
  original = prepare_video.prepare_video
  monkeypatch.setattr(
    prepare_video,
    'prepare_video',
    lambda path, *a, **k: done.append(path.name) or original(path, *a, **k),
  )
  (tmp_path / 'more').mkdir()
  for name, folder in (('one.mp4', 'anna'), ('two.mp4', 'ben')):
    target = tmp_path / 'more' / name
    target.symlink_to(footage_folder / folder / 'one.mp4')
  with pytest.raises(FileExistsError, match='--overwrite'):
    run(tmp_path / 'more', output)
  rows = run(tmp_path / 'more', output, overwrite=True)
  assert done == ['two.mp4'] and [row['kept'] for row in rows] == [True, True]


@pytest.mark.parametrize('wrong', ['size=0', 'quality=101', 'detect_every=0'])
def test_options_out_of_range_are_refused(wrong):
  name, value = wrong.split('=')
  with pytest.raises(ValueError, match=f'{wrong} must be from'):
    prepare_video.Options(**{name: int(value)})


def test_output_is_replaced_only_when_asked_and_ours(
  prepared, footage_folder, tmp_path
):
  with pytest.raises(FileExistsError, match='--overwrite'):
    run(footage_folder, prepared[0])
  (tmp_path / 'thesis.txt').write_text('precious')
  with pytest.raises(FileExistsError, match='not made by this tool'):
    run(footage_folder, tmp_path, overwrite=True)
