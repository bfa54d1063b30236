"""A benchmark's work, in one process or in several."""

import concurrent.futures
import concurrent.futures.process
import dataclasses
import functools
import pickle
from collections.abc import Iterator, Mapping, Sequence

from input_pipeline.preparation import pools
from lipsync_jax.evaluation import engine, work
from lipsync_jax.evaluation import items as items_lib

_Items = Sequence[items_lib.Item]


def run(
  options: engine.Options,
  bench: work.Bench,
  todo: Mapping[str, _Items],
  *,
  workers: int,
) -> Iterator[items_lib.Item]:
  """Does what is not done yet; a video's items are done by one process.

  Args:
    options: every process loads what they name.
    bench: the same, loaded, for this process; with its identity.
    todo: see `items.items`.
    workers: processes; 1 is this one.

  Yields:
    Items as they are done.

  Raises:
    OutputError, OSError: the results cannot be written, or a process died.
  """
  missing = {
    name: [
      item
      for item in items
      if items_lib.known(bench.folder, bench.identity, item) is None
    ]
    for name, items in todo.items()
  }
  missing = {name: items for name, items in missing.items() if items}
  if workers == 1 or len(missing) < 2:
    for name, items in missing.items():
      yield from work.run(bench, name, items)
    return
  order = pickle.dumps((options, bench.identity))
  with pools.processes(min(workers, len(missing))) as pool:
    futures = [
      pool.submit(_work, order, name, items) for name, items in missing.items()
    ]
    try:
      for future in concurrent.futures.as_completed(futures):
        yield from future.result()
    except concurrent.futures.process.BrokenProcessPool as error:
      raise OSError(
        'A process died, perhaps for want of memory; what is done is kept. Run '
        'again with fewer --workers.'
      ) from error


def _work(order: bytes, name: str, items: _Items) -> list[items_lib.Item]:
  return list(work.run(_bench(order), name, items))


@functools.cache
def _bench(order: bytes) -> work.Bench:
  """Loaded once in each process."""
  options, identity = pickle.loads(order)
  return dataclasses.replace(engine.load(options), identity=identity)
