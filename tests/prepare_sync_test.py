"""The speaker is chosen, the sound put in its place, and both chosen again."""

import dataclasses
import json

import footage
import numpy as np
import pytest
import videos

from input_pipeline import audio, manifest, records, shards
from input_pipeline.preparation import (
  parts,
  prepare,
  scoring,
  selection,
  sources,
)

THRESHOLDS = selection.Thresholds(
  min_seconds=0.6, min_confidence=0.1, faces='speaking'
)


class LeftSpeaks:
  """Of two faces side by side it hears the left one, three frames early."""

  fingerprint = 'left'
  about = {'run': 'made up', 'step': 1, 'objective': 'none'}

  def __init__(self, offset=3):
    self.offset = offset

  def __call__(self, track):
    track = list(track)
    left = track[0].box[0, 0] < 256
    confidence = 0.5 if left else 0.2
    return scoring.Sync(self.offset, confidence, [confidence] * len(track))


@pytest.fixture(scope='module')
def pair(footage_clips, tmp_path_factory):
  """Anna and Ben side by side, with Anna's sound."""
  folder = tmp_path_factory.mktemp('pair')
  anna, ben = footage_clips
  both = np.concatenate([anna.frames, ben.frames], axis=2)
  videos.write(folder / 'talk.mp4', both, audio=anna.audio)
  return folder


@pytest.fixture(scope='module')
def prepared(pair, tmp_path_factory):
  output = tmp_path_factory.mktemp('data') / 'pair'
  rows = prepare.prepare(
    sources.find(pair, speaker_from='file'),
    output,
    options=footage.OPTIONS,
    thresholds=THRESHOLDS,
    scorer=LeftSpeaks(),
    workers=1,
  )
  return output, rows


def chunks_of(output, split='train'):
  return [records.parse(raw) for raw in shards.load_split(output, split)]


def test_both_are_candidates_and_the_speaker_is_kept(prepared):
  output, rows = prepared
  found = [(r['box'][0][1] < 256, r['kept'], r['reason']) for r in rows]
  assert sorted(found) == [
    (False, False, 'another face speaks'),
    (True, True, ''),
  ]
  [chunk] = chunks_of(output)
  assert (chunk.box[:, 0] < 256).all() and chunk.clip_id == 'talk.mp4'
  page = (output / 'report.html').read_text()
  assert 'made up' in page and 'another face speaks' in page


def test_sound_that_is_early_is_delayed(prepared, pair):
  output, rows = prepared
  [row] = [row for row in rows if row['kept']]
  assert (row['offset'], row['moved'], row['confidence']) == (3, 3, 0.5)
  [chunk] = chunks_of(output)
  # The first three frames have no sound; chunks begin at multiples of five.
  assert (chunk.start_frame, chunk.num_frames) == (5, footage.FRAMES - 5)
  assert row['seconds'] == pytest.approx((footage.FRAMES - 5) / 25)
  assert (chunk.sync_offset, chunk.sync_confidence) == (0, 0.5)
  from input_pipeline import media

  sound = media.read_audio_int16(pair / 'talk.mp4')
  context = records.AUDIO_CONTEXT
  own = chunk.audio[context : context + 20 * 640]
  np.testing.assert_array_equal(own, sound[2 * 640 : 22 * 640])
  whole = audio.mel_spectrogram(
    audio.to_float(np.concatenate([np.zeros(3 * 640, np.int16), sound]))
  )
  np.testing.assert_allclose(
    chunk.mel[chunk.mel_context :][:50], whole[16 : 16 + 50], atol=1e-4
  )


def test_metadata_says_who_judged(prepared):
  found = json.loads((prepared[0] / 'metadata.json').read_text())
  assert found['expert'] == LeftSpeaks.about
  assert found['chance']['pairs'] == 18
  assert found['thresholds']['faces'] == 'speaking'


def test_choosing_again_decodes_nothing(prepared, monkeypatch):
  output, rows = prepared
  before = {path.name: path.read_bytes() for path in output.iterdir()}
  monkeypatch.setattr(parts, 'prepare', None)
  again = prepare.rescore(
    output, thresholds=dataclasses.replace(THRESHOLDS, faces='all')
  )
  assert [row['kept'] for row in again] == [True, True]
  names = {chunk.clip_id for chunk in chunks_of(output)}
  assert names == {'talk.mp4#0', 'talk.mp4#1'}
  # The sound stays where it is when it is told to.
  [_, right] = prepare.rescore(
    output,
    thresholds=dataclasses.replace(THRESHOLDS, move_sound=False),
    scorer=LeftSpeaks(offset=-2),
  )
  [chunk] = chunks_of(output)
  # Known by the fingerprint: what was measured before counts.
  assert chunk.sync_offset == 3 and chunk.start_frame == 0
  assert prepare.rescore(output, thresholds=THRESHOLDS) == rows
  assert manifest.read(output) == rows
  for name, data in before.items():
    if name != 'report.html':
      assert (output / name).read_bytes() == data, name


def test_another_expert_measures_again(prepared):
  output, rows = prepared

  class Other(LeftSpeaks):
    fingerprint = 'other'

  again = prepare.rescore(
    output, thresholds=THRESHOLDS, scorer=Other(offset=-9)
  )
  assert {row['reason'] for row in again} == {
    'out of sync: sound 9 frames late',
    'another face speaks',
  }
  assert not list(output.glob('*.tfrecord*'))
  # A data set of which nothing was left can be chosen from again.
  assert (
    prepare.rescore(output, thresholds=THRESHOLDS, scorer=LeftSpeaks()) == rows
  )


def test_without_candidates_there_is_nothing_to_choose_from(prepared, tmp_path):
  output, rows = prepared
  (tmp_path / 'moved').symlink_to(output)
  with pytest.raises(FileNotFoundError, match='are not in .*moved.candidates'):
    prepare.rescore(tmp_path / 'moved', thresholds=THRESHOLDS)
  with pytest.raises(FileNotFoundError, match='not a data set'):
    prepare.rescore(tmp_path, thresholds=THRESHOLDS)
