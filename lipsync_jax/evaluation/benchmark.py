"""A benchmark from beginning to end: load, make and measure, write."""

import dataclasses
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from input_pipeline import media, whole_file
from input_pipeline.preparation import candidates
from lipsync_jax.evaluation import (
  engine,
  page,
  parallel,
  results,
  summary,
  tables,
)
from lipsync_jax.evaluation import items as items_lib
from lipsync_jax.evaluation import pairs as pairs_lib
from lipsync_jax.evaluation import protocol as protocols


class Benchmark:
  """One run of a protocol.

  Attributes:
    total: clips that there are to measure, sources included.
    done: how many of them were measured before.
    seconds: of video that this run made and measured.

  Args:
    options: what takes part.
    progress: see `protocol.digests`.

  Raises:
    ValueError: footage or weights are missing, or not what the protocol says.
  """

  def __init__(self, options: engine.Options, *, progress: Callable = iter):
    self._options = options
    files = protocols.digests(options.protocol, options.root, progress)
    bench = engine.load(options)
    identity = engine.identify(bench, files)
    self._bench = dataclasses.replace(bench, identity=identity)
    self._todo = items_lib.items(options.protocol, options.systems)
    every = [item for items in self._todo.values() for item in items]
    self.total = len(every)
    self.done = sum(self._known(item) for item in every)
    self.seconds = 0.0

  def _known(self, item: items_lib.Item) -> bool:
    identity = self._bench.identity
    return items_lib.known(self._options.folder, identity, item) is not None

  def says(self) -> list[str]:
    """What takes part and what does not, one line each."""
    described = self._bench.judges.described().values()
    return [
      f'Protocol {self._options.protocol.name}: '
      f'{len(self._options.protocol.pairs)} pairs, {self.total} clips to '
      f'measure, {self.done} done before.',
      f'Detector: {self._bench.detector.name}.',
      *(about['says'] for about in described),
    ]

  def run(self, *, workers: int = 1) -> Iterator[items_lib.Item]:
    """Does what is not done yet.

    Yields:
      Items as they are done.

    Raises:
      ValueError: another benchmark is at work in the folder.
      OutputError, OSError: the results cannot be written.
    """
    with candidates.locked(self._options.folder, 'benchmark'):
      for item in parallel.run(
        self._options, self._bench, self._todo, workers=workers
      ):
        self.seconds += self._length(item)
        yield item

  def _length(self, item: items_lib.Item) -> float:
    identity = self._bench.identity
    found = items_lib.known(self._options.folder, identity, item)
    if found is None or 'error' in found:  # perhaps it cannot even be opened
      return 0.0
    path = items_lib.video(self._options.folder, item)
    if item.row == items_lib.GROUND_TRUTH:
      path = pairs_lib.locate(self._options.root, item.pair.video)
    return media.probe(path).duration if path.exists() else 0.0

  def write(self) -> dict[str, Any]:
    """Writes all reports; returns what they are of."""
    systems = {
      row: {
        'run': pathlib.Path(self._options.systems[row]).name,
        'step': maker.description['step'],
      }
      for row, maker in self._bench.generators.items()
    }
    found = results.make(self._bench, self._todo, systems)
    notes = results.notes(found)
    for name, text in (
      ('results.json', tables.as_json(found)),
      ('clips.csv', tables.clips_csv(found['clips'])),
      ('summary.csv', tables.summary_csv(found['rows'])),
      ('report.md', self.markdown(found)),
      ('report.html', page.make(found, notes, self._strip)),
    ):
      whole_file.write(self._options.folder / name, text)
    return found

  def markdown(self, found: dict[str, Any]) -> str:
    return tables.markdown(found, results.notes(found))

  def _strip(self, clip: dict[str, Any]) -> bytes | None:
    path = items_lib.strip(self._options.folder, summary.item_of(clip))
    return path.read_bytes() if path.exists() else None
