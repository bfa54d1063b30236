"""A track is cut where it may be, and each chunk has its own sound."""

import numpy as np
import pytest

from input_pipeline import alignment, audio, chunks, records, tracks


def boxes(pattern):
  """'20+ 5- 40+': so many frames with and without a face."""
  found = []
  for part in pattern.split():
    box = tracks.CropBox(0, 0, 1) if part[-1] == '+' else None
    found += [box] * int(part[:-1])
  return found


@pytest.mark.parametrize(
  'pattern, spans',
  [
    ('75+', [(0, 75)]),
    ('164+', [(0, 75), (75, 75)]),  # 14 frames are too few
    ('165+', [(0, 75), (75, 75), (150, 15)]),
    ('3- 40+', [(5, 38)]),  # starts at a multiple of 5
    ('20+ 20- 30+', [(0, 20), (40, 30)]),
    ('14+', []),
    ('40-', []),
    ('', []),
  ],
)
def test_spans(pattern, spans):
  assert chunks.spans(boxes(pattern)) == spans


@pytest.mark.parametrize('start, length', [(0, 75), (75, 75), (150, 48)])
def test_mel_is_a_slice_of_the_whole_clips(rng, start, length):
  # 200 frames of sound, cut short within the last but one.
  sound = audio.to_int16(rng.normal(size=640 * 199 - 100) / 10)
  whole = audio.mel_spectrogram(audio.to_float(sound))
  mel = chunks.mel_with_context(sound, start, length)
  assert len(mel) == 16 * length // 5 + 2 * records.MEL_CONTEXT
  for j in range(0, length - 4):
    row = records.MEL_CONTEXT + alignment.window_start(j)
    np.testing.assert_allclose(
      alignment.window(mel, row),
      alignment.window(whole, alignment.window_start(start + j)),
      atol=1e-5,
    )


def test_mel_before_and_after_the_clip_is_silence(rng):
  sound = audio.to_int16(rng.normal(size=640 * 20))
  mel = chunks.mel_with_context(sound, 0, 20)
  assert (mel[: records.MEL_CONTEXT] == audio.SILENCE).all()
  # Row 64 is centred on the end and still hears half of its window.
  assert (mel[records.MEL_CONTEXT : records.MEL_CONTEXT + 65] > -3).any(1).all()
  assert (mel[records.MEL_CONTEXT + 65 :] == audio.SILENCE).all()


def test_samples_are_the_frames_own_and_those_around():
  sound = np.arange(640 * 30 - 40, dtype=np.int16)
  context = records.AUDIO_CONTEXT
  found = chunks.samples(sound, 25, 5)
  assert found.dtype == np.int16 and len(found) == 3200 + 2 * context
  np.testing.assert_array_equal(
    found[: context + 3160], np.arange(640 * 25 - context, 640 * 30 - 40)
  )
  assert (found[context + 3160 :] == 0).all()
  first = chunks.samples(sound, 0, 5)
  assert (first[:context] == 0).all()
  np.testing.assert_array_equal(first[context:], np.arange(3200 + context))


@pytest.mark.parametrize('lead', [-3, 0, 4])
def test_a_sound_that_leads_is_put_in_its_place(lead):
  # Sound k is heard in frame k, which is too early by `lead`.
  sound = np.repeat(np.arange(1, 41, dtype=np.int16), 640)
  early = sound[lead * 640 :] if lead > 0 else sound
  if lead < 0:
    early = np.concatenate([np.zeros(-lead * 640, np.int16), sound])
  found = chunks.moved(early, lead)[: len(sound)]
  first = max(0, lead) * 640
  np.testing.assert_array_equal(found[first:], sound[first:])


def test_frames_that_lose_their_sound_are_cut_off(counting_chunk):
  chunk = counting_chunk(num_frames=60, start_frame=5)
  sound = np.arange(62 * 640, dtype=np.int16)
  new = chunks.with_sound(chunk, sound, first=7)
  # From a multiple of five on, up to the last frame that is heard.
  assert (new.start_frame, new.num_frames) == (10, 52)
  assert list(new.frames) == list(chunk.frames[5:57])
  np.testing.assert_array_equal(new.audio, chunks.samples(sound, 10, 52))
  np.testing.assert_array_equal(new.mel, chunks.mel_with_context(sound, 10, 52))
  assert chunks.with_sound(chunk, sound[: 19 * 640]) is None
