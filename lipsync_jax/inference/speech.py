"""The sound that drives the lips, streamed: its length and its windows."""

import fractions
from collections.abc import Iterable, Iterator

import numpy as np

from input_pipeline import alignment, audio, media, sounds
from lipsync_jax.inference import features

# Samples taken at a time: in smaller pieces the rows around them would be made
# several times.
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
  made = features.Features(sound)
  waiting, count = [], 0
  for block in waveform:
    waiting.append(block.reshape(-1))
    count += len(waiting[-1])
    if count >= _PIECE:
      yield made.push(np.concatenate(waiting))
      waiting, count = [], 0
  if waiting:
    yield made.push(np.concatenate(waiting))
  yield made.finish()


class Windows:
  """Windows of sound features in rising order of time, from a stream of rows.

  Args:
    rows: from `feature_rows`; more may be added.
    sound: of the same kind.

  Attributes:
    end: number of rows so far.
  """

  def __init__(self, rows: Iterable[np.ndarray] = (), sound: str = 'mel'):
    self._source = iter(rows)
    self._sound = sound
    self._rows = np.zeros((0, alignment.SOUNDS[sound].bands), np.float32)
    self._first = 0  # number of the first row still held

  @property
  def end(self) -> int:
    return self._first + len(self._rows)

  def add(self, rows: np.ndarray) -> None:
    """The next rows [n, bands], if they are not taken from an iterable."""
    self._rows = np.concatenate([self._rows, rows])

  def at(
    self, centre: fractions.Fraction, *, reference_alignment: bool = False
  ) -> np.ndarray:
    """[bands, rows, 1] f32 of a frame whose middle is at `centre` seconds."""
    start = alignment.time_start(
      centre, self._sound, reference_alignment=reference_alignment
    )
    count = alignment.SOUNDS[self._sound].rows
    self._forget(start)
    while self.end < start + count:
      more = next(self._source, None)
      if more is None:
        break
      self.add(more)
      self._forget(start)
    return alignment.window(
      self._rows, start - self._first, count, sounds.silence(self._sound)
    )

  def _forget(self, start: int) -> None:
    """Rows before `start`."""
    gone = min(max(start - self._first, 0), len(self._rows))
    self._rows = self._rows[gone:]
    self._first += gone
