"""What networks and run folders are, in numbers; nothing is allocated."""

import dataclasses
import functools
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import jax

from lipsync_jax import (
  checkpoint,
  conversion,
  metric_writer,
  networks,
  provenance,
)


@dataclasses.dataclass(frozen=True)
class Description:
  """One network, at one example.

  Attributes:
    name: of the network in its config.
    module: and class, as in its spec.
    image_size: side of its pictures in pixels; None: it takes any, or none.
    sees: whether it takes pictures.
    width: what scales its channels; None: it has no such field.
    parameters: how many numbers are trained.
    statistics: how many BatchNorm keeps.
    flops: of one forward pass, twice the multiply-adds, as XLA counts them:
      products with the zeros of padding are left out, which others count, so
      that Wav2Lip's networks come out 6 to 11 % below the usual figures; a
      loop's body (LSTM) counts once.
    outputs: shapes of the results of one example.
    hears: a key of `alignment.SOUNDS`; None: it sees only.
  """

  name: str
  module: str
  image_size: int | None
  sees: bool
  width: int | None
  parameters: int
  statistics: int
  flops: float
  outputs: tuple[tuple[int, ...], ...]
  hears: str | None


def describe(name: str, specs: Mapping[str, networks.Spec]) -> Description:
  """Describes one network among the specs of a config or a run.

  Raises:
    ValueError: there is no such network, or it is not called in a way we know.
  """
  spec = specs[name]
  network = _make(spec)
  # What a lip reader reads is what the expert beside it says.
  expert = _make(specs['expert']) if 'expert' in specs else None
  size = {'embedding': getattr(expert, 'embedding', networks.EMBEDDING)}
  inputs, options = networks.example(network, **size)
  variables = networks.variable_shapes(network, **size)
  apply = functools.partial(network.apply, **options)
  outputs = jax.eval_shape(apply, variables, *inputs)
  # Lowered, never compiled: the gradients' formulations (models/conv_grads.py)
  # play no part in a forward pass.
  cost = jax.jit(apply).lower(variables, *inputs).cost_analysis()
  state = dict(variables)
  return Description(
    name=name,
    module=spec['module'],
    image_size=getattr(network, 'image_size', None),
    sees=not hasattr(network, 'num_classes'),
    width=getattr(network, 'width', None),
    parameters=_count(state.pop('params')),
    statistics=_count(state),
    flops=float(cost['flops']),
    outputs=tuple(leaf.shape[1:] for leaf in jax.tree.leaves(outputs)),
    hears=getattr(network, 'sound', None),
  )


def table(rows: Sequence[Description]) -> str:
  """A Markdown table."""
  lines = [
    '| network | class | image size | width | parameters '
    '| BatchNorm statistics | GFLOP | output | hears |',
    '|---|---|---:|---:|---:|---:|---:|---|---|',
  ]
  for row in rows:
    outputs = [' x '.join(map(str, shape)) or '1' for shape in row.outputs]
    if len(outputs) > 2:  # of a detector, or of slots of words
      outputs[2:] = [f'... ({len(outputs)} in all)']
    height, width, _ = networks.ANY_PICTURE
    anything = f'any; here {width} x {height}'
    cells = (
      row.name,
      row.module,
      row.image_size or (anything if row.sees else '-'),
      row.width or '-',
      f'{row.parameters:,}',
      f'{row.statistics:,}',
      f'{row.flops / 1e9:.3f}',
      ', '.join(outputs),
      row.hears or '-',
    )
    lines.append(f'| {" | ".join(map(str, cells))} |')
  return '\n'.join(lines)


def run(
  workdir: str | pathlib.Path,
) -> tuple[dict[str, str], Mapping[str, networks.Spec]]:
  """A run folder: facts in words, in the order to print, and its networks.

  Raises:
    checkpoint.CheckpointError: no checkpoint there.
  """
  about = checkpoint.describe(workdir)
  data = about.get('data', {})
  facts = {
    'task': about.get('task'),
    'objective': about.get('objective'),
    'step': about['step'],
    'best metric': _best(workdir, about),
    'image size': about.get('image_size'),
    'licences': '; '.join(provenance.licences(data)) or 'not known',
    'source': data.get('source'),
  }
  known = {name: str(fact) for name, fact in facts.items() if fact is not None}
  return known, about['networks']


def _best(workdir: str | pathlib.Path, about: Mapping[str, Any]) -> str | None:
  """The metric that chose the step; its value where the run logged it."""
  if about['best_metric'] == conversion.NO_METRIC:
    return None
  name, step = about['best_metric'], about['step']
  order = {'min': 'least', 'max': 'greatest'}[about['best_mode']]
  log = pathlib.Path(workdir) / 'metrics.jsonl'
  rows = metric_writer.read(log) if log.exists() else []
  values = [
    row[f'val/{name}']
    for row in rows
    if row['step'] == step and f'val/{name}' in row
  ]
  value = f': {values[-1]:.4g}' if values else ''
  return f'{name} ({order}){value}'


def _make(spec: networks.Spec) -> Any:
  try:
    return networks.make(spec)
  except TypeError as error:  # a field the class does not have
    raise ValueError(f'{spec["module"]}: {error}.') from error


def _count(tree: Any) -> int:
  return sum(leaf.size for leaf in jax.tree.leaves(tree))
