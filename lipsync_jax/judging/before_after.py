"""What fine-tuning to one speaker changed, on the clips it was not shown."""

import os
import types
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from input_pipeline import whole_clips
from lipsync_jax import checkpoint, footage, metric_writer, networks
from lipsync_jax.judging import measure, picture_quality


class Comparison:
  """A fine-tuned generator, the one it began as, and its held-out clips.

  Args:
    run: workdir of configs/personalize.py; its best step is looked at.
    directory: of the data, where it is no longer where the run had it.

  Raises:
    checkpoint.CheckpointError: there is no such run, or it began with no other.
    OSError, ValueError: its data is not there.
  """

  def __init__(self, run: str | os.PathLike, directory: str = ''):
    about = checkpoint.describe(run)
    config = about['config']
    began, data = config['pretrained'].get('generator'), config['data']
    if not (began and data.get('held_out')):
      raise checkpoint.CheckpointError(
        f'{run} was not fine-tuned to one speaker: give a run of '
        'configs/personalize.py.'
      )
    self.step, self._size = about['step'], about['image_size']
    data = data | {'directory': directory or data['directory']}
    self.parts = footage.Footage(types.SimpleNamespace(**data)).one_speaker
    self._generators = {
      'before': _load(began),
      'after': _load(os.fspath(run)),
    }

  def table(self, judge: measure.Judge) -> dict[str, dict[str, float]]:
    """'before', 'after' and 'truth': see `picture_quality.measure`."""
    told = {'image_size': self._size, 'judge': judge}
    source = self.parts.held_out
    found = {
      name: picture_quality.measure(
        source, generator=network, variables=variables, **told
      )
      for name, (network, variables) in self._generators.items()
    }
    return found | {'truth': picture_quality.measure(source, **told)}

  def strip(self, clip: int, moments: Sequence[float]) -> np.ndarray:
    """A picture: before, after and truth below each other, [h, w, 3] uint8.

    Args:
      clip: which record of the held-out ones.
      moments: 0..1 of its length, one a column.
    """
    raw, rows = self.parts.held_out[clip], []
    for network, variables in self._generators.values():
      example = whole_clips.reconstruction_example(
        raw, self._size, network.sound, stills=network.stills
      )
      rows.append(picture_quality.make_draw(network, variables)(example))
    rows.append(example['frames'])
    columns = [round(moment * (len(rows[0]) - 1)) for moment in moments]
    return metric_writer.grid([row[columns] for row in rows])


def _load(run: str) -> tuple[Any, Any]:
  network, variables, _ = networks.load(run, 'generator')
  return network, jax.device_put(variables)


def markdown(table: dict[str, dict[str, Any]]) -> str:
  """The table for people."""
  columns = {
    'psnr': ('PSNR of the mouth, dB', '.2f'),
    'ssim': ('SSIM of the mouth', '.3f'),
    'sharpness': ('sharpness', '.2f'),
    'confidence': ('sync confidence', '.3f'),
    'offset_found': ('in sync (±1 frame)', '.0%'),
  }
  lines = [
    f'| | {" | ".join(title for title, _ in columns.values())} |',
    '|---|' + '---|' * len(columns),
  ]
  for name, row in table.items():
    cells = [
      ''
      if name == 'truth' and key in ('psnr', 'ssim')
      else f'{row[key]:{form}}'
      for key, (_, form) in columns.items()
    ]
    lines.append(f'| {name} | {" | ".join(cells)} |')
  return '\n'.join(lines)
