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
  blocks = iter(blocks)
  block, begun, pushed = next(blocks, None), clock(), 0
  while block is not None:
    sleep(max(0.0, begun + (pushed + len(block)) / sample_rate - clock()))
    # All that is due, so that the stream knows how late it is.
    while True:
      stream.push(block)
      pushed += len(block)
      block = next(blocks, None)
      if block is None:
        break
      if clock() < begun + (pushed + len(block)) / sample_rate:
        break
    for frame in stream.frames():
      yield frame, clock() - begun - float(frame.time)
  stream.close()
  for frame in stream.frames():
    yield frame, clock() - begun - float(frame.time)


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
