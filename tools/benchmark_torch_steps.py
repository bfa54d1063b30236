"""Training steps of the original Wav2Lip in PyTorch, as its scripts take them.

Written from what color_syncnet_train.py and hq_wav2lip_train.py do: losses,
their weights, Adam at 1e-4, and a number read back from the device every step.
Networks are those of the user's checkout (`benchmark_torch.load`).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tools import benchmark_torch

_FRAMES = 5
# hparams.py: of sync and of realism; the rest is L1's.
_SYNC, _REALISM = 0.03, 0.07
# Memory layout and bfloat16. torch.compile takes minutes for each of the many
# programs a step has, and is left to `infer`.
SETTINGS = {
  name: (last, half)
  for name, (last, half, compiled) in benchmark_torch.SETTINGS.items()
  if not compiled
}


def step(
  models: Any, kind: str, batch: int, setting: str
) -> Callable[[], float]:
  """A call that takes one step and returns its loss.

  Args:
    models: from `benchmark_torch.load`.
    kind: 'expert', 'wav2lip' or 'wav2lip:gan'.
    batch: examples, of five frames each.
    setting: of `SETTINGS`.

  Raises:
    ValueError: the original has no such training.
  """
  if kind not in _KINDS:
    raise ValueError(f'{kind}: the original trains {", ".join(_KINDS)}.')
  import torch

  device = 'cuda' if torch.cuda.is_available() else 'cpu'
  last, half = SETTINGS[setting]
  layout = torch.channels_last if last else torch.contiguous_format

  def network(name):
    # Five-dimensional pictures are folded into the batch by the network.
    return getattr(models, name)().to(device, memory_format=layout)

  def autocast():
    return torch.autocast(device, dtype=torch.bfloat16, enabled=half)

  return _KINDS[kind](torch, network, _tensors(torch, batch, device), autocast)


def _tensors(torch: Any, batch: int, device: str) -> dict[str, Any]:
  rng = np.random.default_rng(0)

  def draw(low, high, *shape):
    array = rng.uniform(low, high, (batch, *shape)).astype(np.float32)
    return torch.from_numpy(array).to(device)

  return {
    'window': draw(0, 1, 3 * _FRAMES, 48, 96),
    'pictures': draw(0, 1, 6, _FRAMES, 96, 96),
    'truth': draw(0, 1, 3, _FRAMES, 96, 96),
    'sound': draw(-4, 4, 1, 80, 16),
    'sounds': draw(-4, 4, _FRAMES, 1, 80, 16),
    'label': torch.arange(batch, device=device)[:, None].float() % 2,
  }


def _adam(torch, network, beta=0.9):
  return torch.optim.Adam(network.parameters(), lr=1e-4, betas=(beta, 0.999))


def _apart(torch, heard, seen, label):
  """Cross-entropy of cosines, in float32: PyTorch refuses it in less."""
  cosine = torch.nn.functional.cosine_similarity(heard.float(), seen.float())
  return torch.nn.functional.binary_cross_entropy(
    cosine[:, None].clamp(0, 1), label
  )


def _expert(torch, network, given, autocast):
  expert = network('SyncNet_color').train()
  optimizer = _adam(torch, expert)

  def step():
    optimizer.zero_grad()
    with autocast():
      heard, seen = expert(given['sound'], given['window'])
    loss = _apart(torch, heard, seen, given['label'])
    loss.backward()
    optimizer.step()
    return loss.item()

  return step


def _generator(torch, network, given, autocast, *, gan=False):
  generator = network('Wav2Lip').train()
  # Never put into evaluation there: BatchNorm by the batch.
  expert = network('SyncNet_color').requires_grad_(False)
  optimizer = _adam(torch, generator, 0.5 if gan else 0.9)
  judge = network('Wav2Lip_disc_qual').train() if gan else None
  judge_optimizer = _adam(torch, judge, 0.5) if gan else None
  truth, one = given['truth'], torch.ones_like(given['label'])

  def sync(made):
    lower = made[:, :, :, made.shape[3] // 2 :]
    window = lower.transpose(1, 2).flatten(1, 2)
    return _apart(torch, *expert(given['sound'], window), one)

  def step():
    optimizer.zero_grad()
    with autocast():
      made = generator(given['sounds'], given['pictures'])
      loss = _SYNC * sync(made)
    realism = _REALISM if gan else 0.0
    loss = loss + (1 - _SYNC - realism) * (made.float() - truth).abs().mean()
    if gan:
      loss = loss + realism * _judged(torch, judge, made, 1.0, autocast)
    loss.backward()
    optimizer.step()
    if gan:
      judge_optimizer.zero_grad()
      _judged(torch, judge, truth, 1.0, autocast).backward()
      _judged(torch, judge, made.detach(), 0.0, autocast).backward()
      judge_optimizer.step()
    return loss.item()

  return step


def _judged(torch, judge, pictures, label, autocast):
  with autocast():
    said = judge(pictures).float().clamp(1e-6, 1 - 1e-6)
  return torch.nn.functional.binary_cross_entropy(
    said, torch.full_like(said, label)
  )


def _gan(torch, network, given, autocast):
  return _generator(torch, network, given, autocast, gan=True)


_KINDS = {'expert': _expert, 'wav2lip': _generator, 'wav2lip:gan': _gan}
