"""Drives a stream at the speed of its sound."""

import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from lipsync_jax.inference import stream as streams


def play(
  stream: streams.Stream,
  blocks: Iterable[np.ndarray],
  *,
  sample_rate: int,
  clock: Callable[[], float] = time.monotonic,
  sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[streams.StreamFrame, float]]:
  """Pushes every block when a microphone would have it, and closes.

  The count of samples says when: neither what sleeping takes too long nor what
  drawing takes adds up. With a sound card, let its callback push and this
  function's inner loop take: then its clock is the master.

  Args:
    stream: fresh and warm.
    blocks: f32 [n] each.
    sample_rate: theirs.
    clock: seconds that pass evenly.
    sleep: waits for so many seconds.

  Yields:
    Frames, and how many seconds after their sound began each was there.
  """
  begun = clock()
  source = _Source(blocks, sample_rate)
  while source.next is not None:
    sleep(max(0.0, begun + source.due - clock()))
    source.push(stream, clock() - begun)
    for frame in stream.frames():
      yield frame, clock() - begun - float(frame.time)
      # So that the stream knows how late it is.
      source.push(stream, clock() - begun)
  stream.close()
  for frame in stream.frames():
    yield frame, clock() - begun - float(frame.time)


class _Source:
  """Blocks with the times at which they have been spoken."""

  def __init__(self, blocks: Iterable[np.ndarray], sample_rate: int):
    self._blocks, self._rate = iter(blocks), sample_rate
    self._samples = 0
    self._advance()

  def _advance(self) -> None:
    self.next = next(self._blocks, None)
    if self.next is not None:
      self._samples += len(self.next)
    self.due = self._samples / self._rate  # seconds

  def push(self, stream: streams.Stream, time: float) -> None:
    """All that is due at `time`."""
    while self.next is not None and self.due <= time:
      stream.push(self.next)
      self._advance()


def cut(blocks: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
  """Blocks of any lengths [n] or [n, 1] as [size] each; the last is shorter."""
  kept = np.zeros(0, np.float32)
  for block in blocks:
    kept = np.concatenate([kept, block.reshape(-1)])
    while len(kept) >= size:
      yield kept[:size]
      kept = kept[size:]
  if len(kept):
    yield kept
