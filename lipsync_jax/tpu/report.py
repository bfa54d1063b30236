"""A config on a TPU, in words and tables: `tools.describe --tpu`."""

import collections
from collections.abc import Mapping, Sequence
from typing import Any

from lipsync_jax.tpu import findings, operations, programs, roofline, tiles

_SHOWN = 5  # of what is wrong


def tables(config: Any, described: Mapping[str, Any]) -> str:
  """Everything of a config, Markdown.

  Args:
    config: see configs/common.py.
    described: specs of its networks.

  Raises:
    ValueError: a name is unknown, or the task takes no such batch.
  """
  batch = config.batch_size
  step = programs.training(config, batch_size=batch)
  program = operations.read(step.lowered, batch=programs.BATCH)
  parts = [f'{config.dtype}, {batch} examples on one chip; on paper, not run.']
  parts += [checks('training step', program, config.dtype)]
  for name in described:
    lowered = programs.forward(name, dict(described))
    forward = operations.read(lowered, batch=programs.BATCH)
    parts.append(checks(f'{name}, forward', forward, config.dtype))
  parts += ['', layers(program), '', *_times(config, step, program)]
  return '\n'.join(parts)


def checks(
  name: str, program: operations.Program, dtype: str = 'bfloat16'
) -> str:
  """What is to be mended in a program, or that nothing is."""
  moved, wide = findings.moved(program), findings.wide(program)
  lines = [
    f'- {name}: {len(moved)} transposes of activations'
    + (f' ({findings.moved_bytes(moved) / 1e6:.3g} MB)' if moved else '')
    + f', {len(wide)} of {len(program.of("convolution"))} convolutions in '
    f'float32, {100 * findings.wide_products(program):.2g} % of the FLOP in '
    'float32 matrix products.'
  ]
  worst = [*moved, *(wide if dtype == 'bfloat16' else [])]
  for operation in worst[:_SHOWN]:
    shapes = ' x '.join(str(list(a.shape)) for a in operation.operands)
    lines.append(f'  - {operation.kind} {shapes} in {operation.where}')
  if len(worst) > _SHOWN:
    lines.append(f'  - and {len(worst) - _SHOWN} more')
  return '\n'.join(lines)


def layers(program: operations.Program) -> str:
  """Convolutions of the forward pass, and the padding of each."""
  lines = [
    '| convolution | rows | channels | kernel | GFLOP '
    '| multiplied as | padding, % |',
    '|---|---:|---:|---:|---:|---:|---:|',
  ]
  forward = [o for o in program.of('convolution') if not o.backward]
  # The same layer on the same shapes, twice in a step, is one row.
  alike = collections.Counter()
  for o in forward:
    alike[(o.where, o.product, o.operands[0].itemsize)] += o.times
  for (where, product, itemsize), times in alike.items():
    padded = tiles.padded(product, itemsize=itemsize)
    lines.append(
      f'| {_layer(where)}{f" (x {times})" if times > 1 else ""} '
      f'| {product.rows} | {product.channels_in} -> {product.channels_out} '
      f'| {" x ".join(map(str, product.window))} '
      f'| {times * product.flops / 1e9:.3g} '
      f'| {padded.rows}: {padded.channels_in} -> {padded.channels_out} '
      f'| {100 * padded.share:.1f} |'
    )
  for name, chosen in (('forward', forward), ('whole step', None)):
    chosen = chosen or program.of('convolution', 'dot_general')
    flops = sum(o.times * o.product.flops for o in chosen)
    lines.append(
      f'| {name} | | | | {flops / 1e9:.4g} | | {100 * waste(chosen):.1f} |'
    )
  return '\n'.join(lines)


def waste(chosen: Sequence[operations.Operation]) -> float:
  """The share of padding in the multiplications of several, 0..1."""
  useful = multiplied = 0.0
  for o in chosen:
    share = tiles.padded(o.product, itemsize=o.operands[0].itemsize).share
    useful += o.times * o.product.flops
    multiplied += o.times * o.product.flops / (1 - share)
  return 1 - useful / multiplied if multiplied else 0.0


def _layer(where: str) -> str:
  """jit(step)/jvp(Generator)/encoder/block_0/conv/... without the ends."""
  parts = where.split('/')[1:-1]
  return '/'.join(part.removeprefix('jvp(').rstrip(')') for part in parts)


def _times(
  config: Any, step: programs.Step, program: operations.Program
) -> list[str]:
  lines = [
    '| slice | examples a chip | multiplying | with padding | memory '
    '| nothing fused | all-reduce | step at least | step expected '
    '| examples/s |',
    f'|---|{"---:|" * 9}',
  ]
  known = {1: (step, program)}
  for slice_ in roofline.SLICES:
    chips = slice_.chips
    if chips not in known:
      try:
        known[chips] = _share(config, chips)
      except ValueError as error:
        lines.append(f'| {slice_.name} | {error}{" |" * 9}')
        continue
    step, program = known[chips]
    found = roofline.expect(
      program,
      slice_,
      gradient_bytes=step.gradient_bytes,
      unfused_bytes=step.lowered.cost_analysis()['bytes accessed'],
    )
    cells = (
      found.compute,
      found.padded,
      found.memory,
      found.unfused,
      found.all_reduce,
      found.least,
      found.expected,
    )
    lines.append(
      f'| {slice_.name} | {config.batch_size // chips} | '
      + ' | '.join(f'{1e3 * seconds:.3g} ms' for seconds in cells)
      + f' | {config.batch_size / found.expected:.4g} |'
    )
  return lines


def _share(config: Any, chips: int) -> tuple[programs.Step, operations.Program]:
  """The step of one chip of several."""
  if config.batch_size % chips:
    raise ValueError(
      f'batch_size={config.batch_size} does not divide by {chips}'
    )
  step = programs.training(config, batch_size=config.batch_size // chips)
  return step, operations.read(step.lowered, batch=programs.BATCH)
