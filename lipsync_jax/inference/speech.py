"""The sound that drives the lips, streamed: its length and its windows."""

import fractions
from collections.abc import Iterable, Iterator

import numpy as np

from input_pipeline import alignment, audio, media, mfcc, sounds

# Samples on either side that a mel row depends on: half a window (400) and one
# of pre-emphasis, in whole rows.
_CONTEXT = 3
_PIECE = 10 * audio.SAMPLE_RATE


def duration(path) -> fractions.Fraction:
  """Exact seconds of sound, by decoding it: headers are often wrong.

  Raises:
    MediaError: there is no sound, or it is empty.
  """
  rate = media.probe_audio(path).sample_rate
  blocks = media.audio_blocks(path, sample_rate=rate)
  samples = sum(len(block) for block in blocks)
  if not samples:
    raise media.MediaError(f'{path}: the sound is empty.')
  return fractions.Fraction(samples, rate)


def feature_rows(
  waveform: Iterable[np.ndarray], sound: str = 'mel'
) -> Iterator[np.ndarray]:
  """The sound features of a sound of any length, in pieces.

  The rows are those of the whole; an hour at once would take over 2 GB.

  Args:
    waveform: blocks of f32 samples [n] or [n, 1], 16 kHz.
    sound: a key of `alignment.SOUNDS`.

  Yields:
    [rows, bands] f32.
  """
  if sound in sounds.MFCC:
    return _mfcc_rows(waveform, sounds.MFCC[sound])
  return _mel_rows(waveform)


def _mel_rows(waveform):
  kept = np.zeros(0, np.float32)  # from `before` rows ahead of the next one
  before = 0
  for block in waveform:
    kept = np.concatenate([kept, block.reshape(-1)])
    if len(kept) < _PIECE:
      continue
    done = len(kept) // audio.HOP - _CONTEXT
    yield audio.mel_spectrogram(kept)[before:done]
    kept = kept[(done - _CONTEXT) * audio.HOP :]
    before = _CONTEXT
  if len(kept):
    yield audio.mel_spectrogram(kept)[before:]


def _mfcc_rows(waveform, settings):
  kept, begin, first = np.zeros(0, np.float32), 0, 0
  for block in waveform:
    # They were made for 16 bit samples.
    kept = np.concatenate([kept, 32768 * block.reshape(-1)])
    if len(kept) < _PIECE:
      continue
    last = (begin + len(kept) - mfcc.WINDOW) // mfcc.HOP + 1
    yield mfcc.mfcc_rows(kept, first, last, begin=begin, settings=settings)
    # Pre-emphasis reaches one sample back.
    gone = last * mfcc.HOP - 1 - begin
    kept, begin, first = kept[gone:], begin + gone, last
  last = mfcc.num_rows(begin + len(kept))
  if len(kept) and last > first:
    yield mfcc.mfcc_rows(kept, first, last, begin=begin, settings=settings)


class Windows:
  """Windows of sound features in rising order of time, from a stream of rows.

  Args:
    rows: from `feature_rows`.
    sound: of the same kind.
  """

  def __init__(self, rows: Iterable[np.ndarray], sound: str = 'mel'):
    self._source = iter(rows)
    self._sound = sound
    self._rows = np.zeros((0, alignment.SOUNDS[sound].bands), np.float32)
    self._first = 0  # number of the first row still held

  def at(
    self, centre: fractions.Fraction, *, reference_alignment: bool = False
  ) -> np.ndarray:
    """[bands, rows, 1] f32 of a frame whose middle is at `centre` seconds."""
    start = alignment.time_start(
      centre, self._sound, reference_alignment=reference_alignment
    )
    count = alignment.SOUNDS[self._sound].rows
    while self._first + len(self._rows) < start + count:
      more = next(self._source, None)
      if more is None:
        break
      gone = min(max(start - self._first, 0), len(self._rows))
      self._rows = np.concatenate([self._rows[gone:], more])
      self._first += gone
    return alignment.window(
      self._rows, start - self._first, count, sounds.silence(self._sound)
    )
