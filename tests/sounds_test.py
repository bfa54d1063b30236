"""Windows cut from a record are those of the whole clip's features."""

import dataclasses

import numpy as np
import pytest

from input_pipeline import alignment, audio, augment, chunks, mfcc, sounds

LENGTH, START = 20, 40  # frames of the chunk, of a clip of 100


@pytest.fixture(scope='module')
def sound():
  rng = np.random.default_rng(0)
  return rng.integers(-9000, 9000, 640 * 100).astype(np.int16)


@pytest.fixture
def chunk(sound, counting_chunk):
  return dataclasses.replace(
    counting_chunk(num_frames=LENGTH, start_frame=START),
    audio=chunks.samples(sound, START, LENGTH),
    mel=chunks.mel_with_context(sound, START, LENGTH),
  )


@pytest.fixture
def whole(sound):
  def features(kind):
    if kind in sounds.MFCC:
      return mfcc.mfcc(sound, settings=sounds.MFCC[kind])
    return audio.mel_spectrogram(audio.to_float(sound))

  return features


@pytest.mark.parametrize('kind', alignment.SOUNDS)
def test_windows_are_those_of_the_whole_clip(kind, chunk, whole):
  bands, rows, rate = alignment.SOUNDS[kind]
  starts = [alignment.window_start(j, kind) for j in (-15, 0, 7, 15)]
  found = sounds.windows(chunk, starts, kind)
  assert found.shape == (4, bands, rows, 1) and found.dtype == np.float32
  clip = whole(kind)
  for window, start in zip(found, starts, strict=True):
    first = rate * START // 25 + start
    np.testing.assert_allclose(
      window[..., 0].T, clip[first : first + rows], rtol=1e-5, atol=1e-4
    )


@pytest.mark.parametrize('kind', alignment.SOUNDS)
@pytest.mark.parametrize('first, last', [(0, 3), (41, 60), (90, 95)])
def test_windows_of_a_clip_are_those_of_its_features(
  kind, sound, whole, first, last
):
  bands, rows, _ = alignment.SOUNDS[kind]
  found = sounds.clip_windows(sound, first, last, kind)
  assert found.shape == (last - first, bands, rows, 1)
  assert found.dtype == np.float32
  clip = whole(kind)
  for k, window in enumerate(found, first):
    start = alignment.window_start(k, kind)
    expected = clip[start : start + rows]
    np.testing.assert_allclose(
      window[:, : len(expected), 0].T, expected, rtol=1e-5, atol=1e-4
    )


@pytest.mark.parametrize('kind', alignment.SOUNDS)
def test_a_frames_window_is_centred_on_it(kind):
  _, rows, rate = alignment.SOUNDS[kind]
  for frame in (0, 1, 7, 40):
    start = alignment.frame_start(frame, kind)
    middle = (start + rows / 2) / rate
    # Rounded down to a row.
    assert 0 <= (frame + 0.5) / 25 - middle < 1 / rate


def test_lipgan_hears_a_frame_when_its_authors_do():
  """start = int(3.2 (frame - 4)) there: rounding apart, the same moment."""
  for frame in range(20, 40):
    theirs = int(3.2 * (frame - 4))
    assert abs(alignment.frame_start(frame, 'mel27') - theirs) <= 1


def test_outside_the_clip_is_silence(chunk):
  quiet = dataclasses.replace(chunk, audio=np.zeros_like(chunk.audio))
  window = sounds.windows(quiet, [-500], 'mfcc')[0, :, :, 0]
  np.testing.assert_allclose(window[0], -36.0437, atol=1e-4)
  np.testing.assert_allclose(window[1:], 0, atol=1e-6)
  np.testing.assert_allclose(
    window[:, 0], sounds.silence('mfcc'), rtol=1e-6, atol=1e-6
  )


def test_loudness_moves_the_energy_and_nothing_else(chunk):
  change = dataclasses.replace(
    augment.draw(augment.NONE, np.random.default_rng(0)), level=0.4
  )
  louder = dataclasses.replace(
    chunk, audio=np.int16(chunk.audio * 10 ** (0.4 * 12.5 / 20))
  )
  found = sounds.windows(chunk, [0, 8], 'mfcc', change)
  expected = sounds.windows(louder, [0, 8], 'mfcc')
  np.testing.assert_allclose(found, expected, atol=2e-2)
  plain = sounds.windows(chunk, [0, 8], 'mfcc')
  assert (found[:, 0] > plain[:, 0] + 1).all()
  np.testing.assert_array_equal(found[:, 1:], plain[:, 1:])
