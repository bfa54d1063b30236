"""What is wrong with the learning: batch, objective, rate, people."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lipsync_jax.training.diagnosis import network_rules, plateau, standing

# Below, a batch says little: Wav2Lip's code has 64 windows, SyncNet's 64.
_WINDOWS, _CLIPS = 32, 4
_FEW_SPEAKERS = 5

Facts = Mapping[str, Any]
Rule = Iterator[tuple[str, str, str]]


def rules(facts: Facts) -> Rule:
  """(name, what it is, what to do), see `verdict.Finding`."""
  curve, guessing, run = facts['curve'], standing.chance(facts), facts['run']
  if not curve or guessing is None:
    return
  if not standing.is_stuck(facts):
    yield from _memory(facts, guessing)
    return
  yield from _rate(curve)
  windows = run['batch_size'] * run['windows_per_clip']
  if windows < _WINDOWS or run['batch_size'] < _CLIPS:
    yield (
      'batch',
      f'A batch is {run["batch_size"]} clips, {windows} windows: BatchNorm and '
      'the choice among windows have little to go by.',
      f'Raise --config.batch_size or --config.data.windows_per_clip until a '
      f'batch has {_WINDOWS} windows of {_CLIPS} clips or more.',
    )
  if run['objective'] == 'cosine_bce':
    yield (
      'objective',
      f'Cosine BCE sits at ln 2 = {math.log(2):.3f} for thousands of steps, '
      'often for good.',
      "Train by configs/expert.py's default objective, which does not: "
      '--config=configs/expert.py without :reference.',
    )
  yield from network_rules.collapse(facts)
  speakers = facts['records']['speakers']
  if speakers < _FEW_SPEAKERS:
    yield (
      'few_speakers',
      f'{facts["records"]["records"]} records are of {speakers} speakers.',
      'More people, or stronger --config.data.augmentation.',
    )


def _rate(curve: Mapping[str, Any]) -> Rule:
  rate, norm = curve['learning_rate'], curve['gradient_norm']
  if rate is not None and rate < 1e-6:
    yield (
      'rate',
      f'The learning rate is {rate:.1g}: nothing moves any more.',
      'Start with more steps or a higher --config.optimizer.expert.'
      'learning_rate.',
    )
  elif norm is not None and not 1e-4 < norm < 1e3:
    yield (
      'gradient',
      f'The gradient has the length {norm:.1g}.',
      'Set --config.optimizer.expert.clip_norm=1 and a lower learning_rate.'
      if norm > 1
      else 'Start anew with another seed and a lower learning_rate.',
    )


def _memory(facts: Facts, guessing: float) -> Rule:
  val = facts['curve']['val']
  there = val.get('chance', guessing)
  if 'loss' in val and not val['loss'] < plateau.NEAR * there:
    found = facts['records']
    yield (
      'memory',
      'It knows the training clips by heart: the loss is '
      f'{facts["curve"]["loss"]:.3f} on them, {val["loss"]:.3f} on validation '
      f'(guessing: {there:.3f}). {found["read"]} of {found["records"]} records '
      f'were read: {found["clips"]} clips, {found["speakers"]} speakers.',
      'More speakers, stronger --config.data.augmentation, a smaller '
      '--config.networks.expert.width or fewer steps.',
    )
