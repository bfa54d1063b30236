"""Shards to batches. Batch k is a function of (seed, k) and nothing else.

So the state of the data is the step number: a resumed run, or one on another
number of hosts, sees the same batches. The only file that knows grain.
"""

import functools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grain
import numpy as np

from input_pipeline import (
  evaluation,
  expert_windows,
  labelled_clips,
  records,
  windows,
)
from input_pipeline import order as order_lib

Example = dict[str, np.ndarray]

EXAMPLES: dict[str, Callable[..., Example]] = {
  'expert': expert_windows.expert_example,
  'generator': windows.generator_example,
  'lip_reading': labelled_clips.lip_reading_example,
}


def make_dataset(
  source: Sequence[bytes],
  kind: str,
  options: windows.Options,
  *,
  batch_size: int,
  seed: int,
  start_step: int = 0,
  process_index: int = 0,
  process_count: int = 1,
  num_threads: int = 4,
  prefetch: int = 16,
  repeats: np.ndarray | None = None,
) -> Iterator[Example]:
  """An endless, shuffled stream of batches.

  Args:
    source: the records of one split.
    kind: a key of `EXAMPLES`.
    options: how examples are cut.
    batch_size: global; every host gets its share, in global order.
    seed: of shuffling, windows and augmentation.
    start_step: index of the first batch.
    process_index: this host.
    process_count: number of hosts.
    num_threads: decoding threads on this host, at most one per core.
    prefetch: examples decoded ahead.
    repeats: how often an epoch shows each record (`balance`); once by default.

  Raises:
    ValueError: no records, or the batch does not divide over the hosts.
  """
  if not len(source):
    raise ValueError('The split holds no records; run tools.prepare first.')
  if batch_size % process_count:
    raise ValueError(
      f'batch_size={batch_size} must be divisible by {process_count} hosts.'
    )
  make = _example_maker(source, kind, options)
  order = order_lib.Order(len(source), seed, repeats)
  # More only fight over the interpreter's lock: 10-20 % more CPU a batch.
  num_threads = min(num_threads, os.cpu_count() or 1)
  data = (
    grain.MapDataset.source(_Epochs(source, order))
    .seed(seed)
    .random_map(make)
    # Batched before slicing: host p's rows are then a contiguous block of the
    # very batch one host would see.
    .batch(batch_size // process_count, drop_remainder=True)[
      process_index::process_count
    ]
  )
  iterator = iter(
    data.to_iter_dataset(
      grain.ReadOptions(
        num_threads=num_threads,
        # Counted in batches; threads without one of their own stand idle.
        prefetch_buffer_size=max(
          num_threads, prefetch // (batch_size // process_count)
        ),
      )
    )
  )
  if start_step:
    iterator.set_state({'next_index': start_step})
  return iterator


class _Epochs(Sequence[bytes]):
  """The records in the order they are trained on, for ever."""

  def __init__(self, source: Sequence[bytes], order: order_lib.Order):
    self._source, self._order = source, order

  def __len__(self) -> int:
    return sys.maxsize

  def __getitem__(self, k: int) -> bytes:
    return self._source[self._order[k]]


def batch_records(
  source: Sequence[bytes],
  k: int,
  *,
  batch_size: int,
  seed: int,
  repeats: np.ndarray | None = None,
) -> list[tuple[int, str]]:
  """What is in the k-th batch of `make_dataset`; no picture is decoded.

  Args:
    source, batch_size, seed, repeats: as in `make_dataset`. Of all hosts
      together: host p of n has the p-th n-th of the rows.
    k: index of the batch; the step it is trained on, counted from 0.

  Returns:
    Of each row the record's number in `source` and its name, 'CLIP @ FRAME'
    with the first frame of the chunk in its clip.
  """
  order = order_lib.Order(len(source), seed, repeats)
  chosen = order.batch(k, batch_size)
  chunks = {number: records.parse(source[number]) for number in set(chosen)}
  return [
    (number, f'{chunks[number].clip_id} @ {chunks[number].start_frame}')
    for number in chosen
  ]


def evaluation_batches(
  source: Sequence[bytes],
  kind: str,
  options: windows.Options,
  *,
  batch_size: int,
  num_batches: int = 0,
  seed: int = 0,
) -> Iterator[evaluation.Batch]:
  """The same batches every time, each record once, see `evaluation.in_order`.

  A row is a small batch of its own, [k, ...]: the examples of one record. Of
  generators these are five, evenly spread over the clip, else one. So a loss
  that compares the examples of a batch compares those of one clip, and no
  number depends on how clips are put together.

  Args:
    source, kind, options: as in `make_dataset`.
    batch_size: records of a batch.
    num_batches: at most; 0: the whole split.
    seed: of what is random in an example; with the record, nothing else.
  """
  make = _example_maker(source, kind, options)

  def examples(record):
    rng = np.random.default_rng([seed, record])
    if kind == 'generator':
      return evaluation.stack(evaluation.moments(source[record], rng, options))
    return evaluation.stack([make(source[record], rng)])

  return evaluation.in_order(
    len(source), examples, batch_size=batch_size, num_batches=num_batches
  )


def _example_maker(
  source: Sequence[bytes], kind: str, options: windows.Options
) -> Callable[[bytes, np.random.Generator], Example]:
  if kind not in EXAMPLES:
    raise ValueError(f'Unknown examples {kind!r}: one of {sorted(EXAMPLES)}.')
  arguments: dict[str, Any] = {'options': options}
  if kind == 'expert':
    arguments['source'] = source
  return functools.partial(EXAMPLES[kind], **arguments)
