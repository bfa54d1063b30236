"""Scores are measured once, and mean what they say."""

import dataclasses

import matching
import numpy as np
import pytest

from input_pipeline import records
from input_pipeline.preparation import candidates, chance, prepared, scoring
from lipsync_jax.judging import scorer as scorer_lib


@pytest.fixture
def scorer():
  return scorer_lib.Scorer(matching.judge(), {'run': 'exact'})


def stored(folder, chunks, name='v'):
  """The rows and stores of one video with a track of these chunks."""
  store = candidates.Store(folder, name)
  pieces = [
    {'record': k, 'start': c.start_frame, 'frames': c.num_frames}
    for k, c in enumerate(chunks)
  ]
  row = {'path': name, 'store': name, 'pieces': pieces}
  store.write(prepared.Prepared([row], np.zeros(9, np.int16), iter(chunks)))
  return row, store


def test_offset_and_confidence_of_a_track(counting_chunk, tmp_path, scorer):
  chunks = [
    matching.leading(counting_chunk(), 5),
    matching.leading(counting_chunk(start_frame=75), 5),
    counting_chunk(start_frame=150),
  ]
  row, store = stored(tmp_path, chunks)
  scoring.score([row], {'v': store}, scorer)
  assert row['offset'] == 5 and 0.5 < row['confidence'] < 1
  # The third piece's sound does not fit there.
  assert [piece['confidence'] for piece in row['pieces']] == [1, 1, 0]


def test_what_was_measured_is_not_measured_again(
  counting_chunk, tmp_path, scorer
):
  row, store = stored(tmp_path, [counting_chunk()])
  scoring.score([row], {'v': store}, scorer)
  again = {k: v for k, v in row.items() if k not in ('offset', 'confidence')}

  class Other:
    fingerprint = scorer.fingerprint
    about = {}

    def __call__(self, track):
      raise AssertionError

  scoring.score([again], {'v': store}, Other())
  assert again == row
  Other.fingerprint = 'another'
  with pytest.raises(AssertionError):
    scoring.score([again], {'v': store}, Other())


def test_chance_is_what_others_sounds_reach(counting_chunk, tmp_path, scorer):
  chunks = [counting_chunk(start_frame=75 * k) for k in range(8)]
  row, store = stored(tmp_path, chunks)
  found = chance.measure([row], {'v': store}, scorer)
  # All sounds are alike here, so others' fit as well as their own.
  assert (found.pairs, found.mean, found.std) == (8, 1, 0)
  assert found.frames == 75

  calls = []

  class Noise:
    fingerprint = 'noise'
    about = {}

    def __call__(self, track):
      [chunk] = track
      calls.append(chunk)
      records.encode(chunk)  # sound and pictures of one length
      return scoring.Sync(0, len(calls) / 10, [0])

  found = chance.measure([row], {'v': store}, Noise())
  assert found.mean == pytest.approx(0.45) and found.std > 0
  assert chance.measure([row], {'v': store}, Noise()) == found
  assert len(calls) == 8


def test_chance_pairs_are_cut_to_the_shorter(counting_chunk, tmp_path, scorer):
  chunks = [
    counting_chunk(start_frame=75 * k, num_frames=75 if k % 3 else 40)
    for k in range(9)
  ]
  row, store = stored(tmp_path, chunks)
  found = chance.measure([row], {'v': store}, scorer)
  assert found.mean == 1 and 40 < found.frames < 75


def test_two_faces_of_one_moment_are_heard_with_one_sound(
  counting_chunk, tmp_path, monkeypatch, scorer
):
  chunks = [counting_chunk(start_frame=75 * (k // 2)) for k in range(12)]
  row, store = stored(tmp_path, chunks)
  rows = [row | {'track': t, 'pieces': row['pieces'][t::2]} for t in range(2)]
  pairs, original = [], chance._dubbed
  monkeypatch.setattr(
    chance, '_dubbed', lambda *both: pairs.append(both) or original(*both)
  )
  assert chance.measure(rows, {'v': store}, scorer).pairs == 12
  apart = [abs(face.start_frame - voice.start_frame) for face, voice in pairs]
  assert min(apart) >= 150


def test_of_few_pieces_their_own_sound_backwards_tells(
  counting_chunk, tmp_path, scorer
):
  clip = counting_chunk()
  loud = np.arange(len(clip.audio), dtype=np.int64).astype(np.int16)
  row, store = stored(tmp_path, [dataclasses.replace(clip, audio=loud)])
  heard = []

  class Listener:
    fingerprint = 'listener'
    about = {}

    def __call__(self, track):
      [chunk] = track
      records.encode(chunk)
      heard.append(chunk.audio[records.AUDIO_CONTEXT : -records.AUDIO_CONTEXT])
      return scoring.Sync(0, len(heard) / 10, [0])

  found = chance.measure([row], {'v': store}, Listener())
  own = loud[records.AUDIO_CONTEXT : -records.AUDIO_CONTEXT]
  assert found.pairs == len(heard) >= 8
  np.testing.assert_array_equal(heard[0], own[::-1])
  np.testing.assert_array_equal(heard[1], np.roll(own[::-1], 9 * 640))
  assert found.std == pytest.approx(
    2 * np.std(np.arange(1, len(heard) + 1) / 10), abs=1e-4
  )


def test_without_a_piece_of_a_second_nothing_is_said(
  counting_chunk, tmp_path, scorer
):
  row, store = stored(tmp_path, [counting_chunk(num_frames=20)])
  assert chance.measure([row], {'v': store}, scorer) is None
  assert chance.measure([], {}, scorer) is None


def test_the_fingerprint_is_of_the_weights(tiny_expert):
  from lipsync_jax.judging import measure

  judge = measure.load(tiny_expert)
  one = scorer_lib.Scorer(judge, {}).fingerprint
  assert one == scorer_lib.Scorer(measure.load(tiny_expert), {}).fingerprint
  import jax

  judge.variables = jax.tree.map(lambda x: x + 1, judge.variables)
  assert one != scorer_lib.Scorer(judge, {}).fingerprint
