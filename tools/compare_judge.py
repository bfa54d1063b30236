"""The numbers and tables of `tools.compare`."""

import pathlib
from typing import Any

from input_pipeline import shards
from lipsync_jax import metric_writer, networks
from lipsync_jax.judging import measure, picture_quality
from tools import benchmark_table, compare_systems

# Experts that no generator of the comparison listens to.
JUDGES = ('syncnet', 'syncnet_paper')
_SHOWN = ('5', '9', '15', 'clip')


def expert_row(folder: pathlib.Path) -> dict[str, str]:
  """Offset accuracies of a finished run, in percent; of none if it diverged."""
  found = _accuracies(folder)
  return {
    f'{n} frames' if n.isdigit() else 'whole clip': (
      f'{100 * found[n]:.0f} %' if found else 'diverged'
    )
    for n in _SHOWN
  }


def choose_judge(output: pathlib.Path) -> pathlib.Path:
  """The run of the best expert that taught no generator."""
  runs = [
    output / f'{name}-{objective}'
    for name in JUDGES
    for objective in compare_systems.OBJECTIVES
  ]
  found = {run: rates for run in runs if (rates := _accuracies(run))}
  if not found:
    raise ValueError('Every judge has diverged; nothing can be judged.')
  return max(
    found, key=lambda run: [found[run][n] for n in ('clip', '15', '5')]
  )


def generator_row(
  data: str | pathlib.Path,
  image_size: int,
  judge: measure.Judge,
  folder: pathlib.Path | None = None,
) -> dict[str, str]:
  """What is measured of a generator's run; without one, of the truth."""
  made: dict[str, Any] = {}
  if folder is not None:
    network, variables, _ = networks.load(str(folder), 'generator')
    made = {'generator': network, 'variables': variables}
  found = picture_quality.measure(
    shards.load_split(data, 'validation'),
    image_size=image_size,
    judge=judge,
    **made,
  )
  pictures = {
    'L1 of the mouth': f'{found["l1"]:.4f}',
    'PSNR of the mouth, dB': f'{found["psnr"]:.1f}',
    'SSIM of the mouth': f'{found["ssim"]:.3f}',
  }
  if folder is None:
    pictures = dict.fromkeys(pictures, '')
  return pictures | {
    'sync confidence': f'{found["confidence"]:.3f}',
    'sync distance': f'{found["distance"]:.3f}',
    'in sync (±1 frame)': f'{100 * found["offset_found"]:.0f} %',
  }


def report(experts, generators, judge_folder, options) -> str:
  """Both tables with what they are of."""
  source = shards.load_split(options.data, 'validation')
  chunks = len(shards.load_split(options.data, 'train'))
  machine = benchmark_table.machine(('jax', 'flax'))
  return (
    f'{chunks} chunks to train on, {len(source)} of other people to judge by; '
    f'{options.minutes:g} min of steps each, seed {options.seed}, pictures of '
    f'{options.image_size} px, 1/{options.share} of the width.\n\n'
    'Experts: share of offsets found within ±1 frame of ±15, on clips as they '
    'are and with their sound moved by 6 frames either way.\n\n'
    f'{benchmark_table.table(experts)}\n\n'
    'Generators, drawing clips of unseen people with their own sound; sync '
    f'as {judge_folder.name} hears it, which taught none of them.\n\n'
    f'{benchmark_table.table(generators)}\n\n{machine}\n'
  )


def _accuracies(folder: pathlib.Path) -> dict[str, float]:
  rows = metric_writer.read(folder / 'metrics.jsonl')
  judged = [r for r in rows if 'val/offset_accuracy_clip' in r]
  return {n: judged[-1][f'val/offset_accuracy_{n}'] for n in _SHOWN if judged}
