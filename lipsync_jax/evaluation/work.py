"""Making and measuring the videos of a benchmark; what is done stays done."""

import dataclasses
import io
import json
import math
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from input_pipeline import media, whole_file
from lipsync_jax.evaluation import (
  catalogue,
  judges,
  measures,
  outputs,
  sources,
  strips,
)
from lipsync_jax.evaluation import clip as clip_lib
from lipsync_jax.evaluation import items as items_lib
from lipsync_jax.evaluation import pairs as pairs_lib
from lipsync_jax.evaluation import protocol as protocols


@dataclasses.dataclass(frozen=True, eq=False)
class Bench:
  """What the work is done with.

  Attributes:
    protocol: what is done.
    root: folder of the footage.
    folder: of the results.
    generators: row -> `lipsync_jax.inference.edit.Generator`.
    judges: see there.
    detector: finds faces.
    identity: of everything above by name; other values make other numbers.
  """

  protocol: protocols.Protocol
  root: pathlib.Path
  folder: pathlib.Path
  generators: Mapping[str, Any]
  judges: judges.Judges
  detector: Any
  identity: Mapping[str, Any]


def run(
  bench: Bench, name: str, todo: Sequence[items_lib.Item]
) -> Iterator[items_lib.Item]:
  """Makes and measures the items of one video that are not done yet.

  A pair that cannot be dubbed or measured has an 'error' in place of numbers.

  Yields:
    Each item when it is done.

  Raises:
    OutputError, OSError: the results cannot be written.
  """
  source, failed = None, ''
  try:
    source = _look(bench, name)
  except ValueError as error:
    failed = str(error)
  for item in todo:
    numbers: dict[str, Any] = {'error': failed}
    if source is not None:
      try:
        numbers = _measure(bench, item, source)
      except media.OutputError:  # a full disk is no fault of the pair
        raise
      except ValueError as error:
        numbers = {'error': str(error)}
    numbers = {name: _known(value) for name, value in numbers.items()}
    found = {'key': items_lib.key(bench.identity, item)} | numbers
    data = (json.dumps(found, indent=1, sort_keys=True) + '\n').encode()
    _keep(items_lib.result(bench.folder, item), data)
    yield item


def _measure(
  bench: Bench, item: items_lib.Item, source: sources.Source
) -> dict[str, float | None]:
  generate, measure = bench.protocol.generate, bench.protocol.measure
  path, report = source.path, None
  if item.row != items_lib.GROUND_TRUTH:
    path = items_lib.video(bench.folder, item)
    path.parent.mkdir(parents=True, exist_ok=True)
    report = _make(bench, item, source, path)
  clip = clip_lib.Clip(path, source, fit=generate.fit, size=measure.size)
  if report is not None and (picture := strips.strip(clip)):
    _keep(items_lib.strip(bench.folder, item), picture)
  if item.kind == catalogue.SILENCE:
    return measures.silent(measures.openings(clip), source)
  found: measures.Numbers = {}
  if bench.judges.expert is not None:
    found |= measures.sync(clip, bench.judges)
  if bench.judges.syncnet is not None:
    found |= bench.judges.syncnet(path)
  if report is not None:
    own = item.kind == catalogue.OWN
    found |= measures.quality(clip, bench.judges, own=own)
    if item.row != items_lib.UNMODIFIED:
      found |= measures.success(report.passed_through, clip.sound)
    if not own:
      found['leakage'] = measures.leakage(
        measures.openings(clip), source.openings
      )
      if item.row == items_lib.UNMODIFIED:
        found['leakage_of_truth'] = _leakage_of_truth(bench, item, source)
  if bench.judges.inception is not None and measure.fid != 'none':
    values = measures.features(clip, bench.judges, area=measure.fid)
    data = io.BytesIO()
    np.save(data, values)
    _keep(items_lib.features(bench.folder, item), data.getvalue())
    found['fid_frames'] = float(len(values))
  return found


def _leakage_of_truth(
  bench: Bench, item: items_lib.Item, source: sources.Source
) -> float | None:
  """The same of the mouth that did say the sound, where it is seen."""
  try:
    other = _look(bench, item.pair.audio)
  except ValueError:  # a sound without a picture
    return None
  return measures.leakage(other.openings, source.openings)


def _look(bench: Bench, name: str) -> sources.Source:
  return sources.look(
    pairs_lib.locate(bench.root, name),
    bench.detector,
    every=bench.protocol.generate.detect_every,
    size=bench.protocol.measure.size,
  )


def _make(
  bench: Bench, item: items_lib.Item, source: sources.Source, path: pathlib.Path
):
  if item.kind == catalogue.SILENCE:
    sound = outputs.silence(path.with_suffix('.wav'), len(source.sound))
  else:
    sound = pairs_lib.locate(bench.root, item.pair.audio)
  generate = bench.protocol.generate
  if item.row == items_lib.UNMODIFIED:
    return outputs.unmodified(source.path, sound, path, generate=generate)
  return outputs.dubbed(
    source.path,
    sound,
    path,
    generator=bench.generators[item.row],
    detector=bench.detector,
    generate=generate,
  )


def _known(value: Any) -> Any:
  """None for nan and infinity, which no mean can take and JSON has not."""
  if isinstance(value, float) and not math.isfinite(value):
    return None
  return value


def _keep(path: pathlib.Path, content: bytes) -> None:
  path.parent.mkdir(parents=True, exist_ok=True)
  whole_file.write(path, content)
