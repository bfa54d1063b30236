"""From candidates to a data set: what is measured, chosen and written."""

import dataclasses
import json
import pathlib
import time
from typing import Any

from input_pipeline.preparation import (
  assemble,
  candidates,
  prepare_facts,
  scoring,
  selection,
)
from input_pipeline.preparation import chance as chance_lib
from input_pipeline.report import page

# Beside the manifest, also when nothing was kept and there is no data set.
NAME = 'preparation.json'


@dataclasses.dataclass
class Curation:
  """The candidates of a data set, and what is known of them.

  Attributes:
    folder: of the candidates.
    rows: of the manifest.
    metadata: of the data set, see `prepare_facts`.
    seconds: taken so far, by part of the line.
  """

  folder: pathlib.Path
  rows: list[dict]
  metadata: dict[str, Any]
  seconds: dict[str, float]

  def measure(self, scorer: scoring.Scorer | None) -> None:
    """Finds offsets and confidences of all rows, and those of chance.

    Raises:
      ValueError: a candidate is damaged.
      OSError: a result cannot be written.
    """
    self.metadata['expert'] = self.metadata['chance'] = None
    if scorer is None:
      return
    begun, stores = time.monotonic(), self._stores()
    scoring.score(self.rows, stores, scorer)
    chance = chance_lib.measure(self.rows, stores, scorer)
    self.metadata['expert'] = dict(scorer.about)
    self.metadata['chance'] = chance and dataclasses.asdict(chance)
    self._timed('sync', begun)

  def write(
    self,
    output: pathlib.Path,
    thresholds: selection.Thresholds,
    fraction: float,
  ) -> None:
    """Selects, and writes the data set with its manifest and report.

    Args:
      output: made beside itself, and put in its place when it is whole.
      thresholds: what is kept.
      fraction: of the speakers for validation.

    Raises:
      ValueError: a candidate is damaged.
      OSError: a file cannot be written.
    """
    chance = self.metadata['chance']
    selection.select(
      self.rows,
      thresholds,
      chance=chance and chance_lib.Chance(**chance).threshold,
    )
    assemble.assign_splits(self.rows, fraction)
    self.metadata.update(
      prepare_facts.of_selection(self.rows, thresholds, fraction)
    )
    partial = output.with_name(f'{output.name}.partial')
    begun, stores = time.monotonic(), self._stores()
    assemble.write(partial, self.rows, stores, self.metadata)
    (partial / NAME).write_text(json.dumps(self.metadata, indent=2))
    self._timed('writing', begun)
    page.write(
      partial,
      self.rows,
      about=prepare_facts.for_report(
        self.metadata, videos=output.name, seconds=self.seconds
      ),
      picture=lambda row: assemble.picture(row, stores[row['store']]),
    )
    assemble.replace(partial, output)

  def _stores(self) -> dict[str, candidates.Store]:
    names = {row['store'] for row in self.rows}
    return {name: candidates.Store(self.folder, name) for name in names}

  def _timed(self, name: str, begun: float) -> None:
    self.seconds[name] = round(time.monotonic() - begun, 1)
