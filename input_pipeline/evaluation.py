"""The same examples every time: what a network is judged on.

Every record counts once, whatever the size of a batch: the last batch is filled
up, and a mask says which of its rows count.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from input_pipeline import records, windows

Example = dict[str, np.ndarray]

# Moments of a clip that generators are judged at: a batch of one clip's own.
_MOMENTS = 5


class Batch(NamedTuple):
  """Rows that count, and rows that fill up.

  Attributes:
    rows: arrays [b, ...] by name.
    mask: [b] bool, whether a row counts.
    records: [b] int, which record of the source each row is of.
  """

  rows: Example
  mask: np.ndarray
  records: np.ndarray


def stack(examples: Sequence[Example]) -> Example:
  """Examples of equal shapes, along a new first axis."""
  return {key: np.stack([e[key] for e in examples]) for key in examples[0]}


def in_order(
  count: int,
  make: Callable[[int], Example],
  *,
  batch_size: int,
  num_batches: int = 0,
  collate: Callable[[Sequence[Example]], Example] = stack,
) -> Iterator[Batch]:
  """Batches of one size that hold every record once, in order.

  Args:
    count: of records.
    make: the example of the record with this index.
    batch_size: rows of a batch; the first of the last one is repeated to fill
      it up.
    num_batches: at most; then the records are spread evenly. 0: all.
    collate: makes one of the examples of a batch.
  """
  chosen = np.arange(count)
  if num_batches and num_batches * batch_size < count:
    chosen = np.linspace(0, count - 1, num_batches * batch_size).round()
    chosen = chosen.astype(int)
  for first in range(0, len(chosen), batch_size):
    here = chosen[first : first + batch_size]
    examples = [make(int(record)) for record in here]
    missing = batch_size - len(here)
    yield Batch(
      collate(examples + examples[:1] * missing),
      np.arange(batch_size) < len(here),
      np.concatenate([here, here[:1].repeat(missing)]),
    )


def moments(
  raw: bytes, rng: np.random.Generator, options: windows.Options
) -> list[Example]:
  """Generator examples of one clip, evenly spread over it."""
  last = records.parse(raw).num_frames - windows.WINDOW
  starts = np.linspace(0, last, _MOMENTS).round().astype(int)
  return [
    windows.generator_example(raw, rng, options, start=int(s)) for s in starts
  ]
