"""The sound that drives the lips, streamed: its length and its mel windows."""

import fractions
from collections.abc import Iterable, Iterator

import numpy as np

from input_pipeline import alignment, audio, media

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


def mel_rows(waveform: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
  """`audio.mel_spectrogram` of a sound of any length, in pieces.

  The rows are those of the whole; an hour at once would take over 2 GB.

  Args:
    waveform: blocks of f32 samples [n] or [n, 1], 16 kHz.

  Yields:
    [rows, 80] f32.
  """
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


class MelWindows:
  """Mel windows in rising order of time, from a stream of mel rows."""

  def __init__(self, rows: Iterable[np.ndarray]):
    self._source = iter(rows)
    self._rows = np.zeros((0, audio.NUM_MELS), np.float32)
    self._first = 0  # number of the first row still held

  def at(
    self, centre: fractions.Fraction, *, reference_alignment: bool = False
  ) -> np.ndarray:
    """The window [80, 16, 1] of a frame whose middle is at `centre` seconds."""
    start = alignment.time_start(
      centre, reference_alignment=reference_alignment
    )
    while self._first + len(self._rows) < start + alignment.WINDOW_ROWS:
      more = next(self._source, None)
      if more is None:
        break
      gone = min(max(start - self._first, 0), len(self._rows))
      self._rows = np.concatenate([self._rows[gone:], more])
      self._first += gone
    return alignment.mel_window(self._rows, start - self._first)
