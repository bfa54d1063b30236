"""Sound features of a sound that arrives in pieces, in bounded memory."""

import fractions

import numpy as np

from input_pipeline import alignment, audio, mfcc, sounds

# Samples, from a row's own on, that it depends on. A mel row is centred on its
# sample, and the first one mirrors the next 400.
_MEL_REACH = 401
# Rows that are kept before the next mel row: half a window (400 samples) and
# one sample of pre-emphasis, in whole rows.
_MEL_CONTEXT = 3


class Features:
  """The rows of the whole sound, as soon as their samples are there.

  Args:
    sound: a key of `alignment.SOUNDS`.
  """

  def __init__(self, sound: str = 'mel'):
    self._bands = alignment.SOUNDS[sound].bands
    self._settings = sounds.MFCC.get(sound)
    self._hop, self._reach = _hop_and_reach(sound)
    self._kept = np.zeros(0, np.float32)
    self._begin = 0  # number of the first sample kept
    self._done = 0  # rows given out

  def push(self, samples: np.ndarray) -> np.ndarray:
    """[n] f32, 16 kHz, -1..1 -> [rows, bands] f32 that are complete now."""
    self._kept = np.concatenate([self._kept, samples.astype(np.float32)])
    return self._rows(max(0, (self._end - self._reach) // self._hop + 1))

  def finish(self) -> np.ndarray:
    """[rows, bands] f32: the last ones, which the sound's end cuts."""
    if not self._end:
      return self._rows(0)
    if self._settings:
      return self._rows(mfcc.num_rows(self._end))
    return self._rows(1 + self._end // self._hop)

  @property
  def _end(self) -> int:
    return self._begin + len(self._kept)

  def _rows(self, last: int) -> np.ndarray:
    """Those from `_done` to `last`; forgets what the next do not need."""
    first = self._done
    if last <= first:
      return np.zeros((0, self._bands), np.float32)
    if self._settings:
      # They were made for 16 bit samples.
      rows = mfcc.mfcc_rows(
        32768 * self._kept,
        first,
        last,
        begin=self._begin,
        settings=self._settings,
      )
      needed = last * self._hop - 1  # pre-emphasis reaches one sample back
    else:
      before = self._begin // self._hop
      rows = audio.mel_spectrogram(self._kept)[first - before : last - before]
      needed = (last - _MEL_CONTEXT) * self._hop
    gone = min(max(0, needed - self._begin), len(self._kept))
    self._kept, self._begin = self._kept[gone:], self._begin + gone
    self._done = last
    return rows


def look_ahead(
  sound: str = 'mel', *, reference_alignment: bool = False
) -> fractions.Fraction:
  """Seconds of sound after the middle of a frame that its window may need."""
  _, rows, rate = alignment.SOUNDS[sound]
  _, reach = _hop_and_reach(sound)
  # The last row begins at most here, see `alignment.time_start`.
  last = fractions.Fraction(rows, 2) - 1
  late = fractions.Fraction(int(reference_alignment), alignment.FPS)
  return last / rate + late + fractions.Fraction(reach, audio.SAMPLE_RATE)


def _hop_and_reach(sound: str) -> tuple[int, int]:
  """Samples from row to row, and what a row needs from its own sample on."""
  if sound in sounds.MFCC:
    return mfcc.HOP, mfcc.WINDOW
  return audio.HOP, _MEL_REACH
