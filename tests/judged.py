"""Judgements whose truth is known, without an expert."""

import numpy as np
from flash_and_click import FLASH

from input_pipeline import media
from lipsync_jax.judging import evidence, judgement, measurement
from lipsync_jax.metrics import chance


def make(offset=0, *, confidence=0.5, level=0.2, speech=None, frames=50):
  """Of a video in which all is seen and spoken, unless told otherwise."""
  curve = [0.1] * 31
  curve[15 + offset] = 0.1 + confidence
  measured = measurement.Measurement(
    offset=offset,
    confidence=confidence,
    peak=0.1 + confidence,
    similarity='cosine',
    frames=frames,
    chunks=1,
    curve=tuple(curve),
  )
  everywhere = np.ones(frames, bool)
  spoken = everywhere if speech is None else speech
  values = np.full(frames, confidence, np.float32)
  return judgement.Judgement(measured, level, spoken, everywhere, values)


def by_click(judge, path, detector, *, detect_every=3):
  """In place of `measure_video.measure`, for videos of `flash_and_click`."""
  sound = np.abs(media.read_audio(path))
  if sound.max() < 0.45:
    return judgement.silent()
  heard = np.flatnonzero(sound > 0.45)[0] / 16_000
  return make(round(FLASH - 25 * heard))


def proof(rng, start, frames, *, fits, lead=0):
  """Evidence of a chunk whose sound fits in some of its frames.

  Args:
    rng: of the noise.
    start, frames: of the chunk.
    fits: (first, end) frames of the video.
    lead: frames by which the sound leads.
  """
  count = frames - 4
  pairs = rng.normal(0, 0.05, (count, count))
  for window in range(count):
    heard = window - lead
    if fits[0] <= start + window < fits[1] and 0 <= heard < count:
      pairs[window, heard] += 1
  shuffled = chance.shuffled(pairs, seed=start)
  band = chance.band(pairs).astype(np.float32)
  return evidence.Evidence(start, frames, band, shuffled)
