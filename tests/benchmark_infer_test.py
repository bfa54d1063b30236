"""tools.benchmark infer: its report, and what it asks of a reference."""

import pytest

from lipsync_jax.training import device_speed
from tools import benchmark, benchmark_infer, benchmark_torch


@pytest.fixture
def quick(monkeypatch):
  """One call is a measurement."""
  real = device_speed.seconds
  monkeypatch.setattr(
    device_speed, 'seconds', lambda call, at_least: real(call, at_least=0.0)
  )


@pytest.mark.usefixtures('quick_compilation', 'quick')
def test_the_report():
  words = ['infer', '--batch-size', '1', '2', '--repeats', '2']
  text = benchmark_infer.run(
    benchmark.parse([*words, '--width', '2', '--image-size', '48'])
  )
  for batch in (1, 2):
    assert f'| batch {batch}, 48 px | faces/s |' in text
  assert text.count('| ours, xla float32 |') == 2
  assert text.count('GFLOP; 2048^3 matmul in float32: ') == 2
  assert 'jaxlib' in text.splitlines()[-1]


def test_shares_of_the_reference():
  seconds = {
    'matmul': [1.0, 1.0],
    'ours, xla float32': [0.5, 0.5],
    'Wav2Lip in PyTorch, eager float32': [2.0, 2.0],
    'Wav2Lip in PyTorch, bfloat16': [1.0, 1.0],
  }
  text = benchmark_infer.table(benchmark.parse(['infer']), 16, seconds)
  head, _, ours, *_ = (
    [cell.strip() for cell in line.split('|')] for line in text.splitlines()
  )
  cells = dict(zip(head, ours, strict=False))
  assert cells['faces/s'] == '32.0 (32.0-32.0)'
  assert cells['time / eager float32'] == '0.250 (0.250-0.250)'
  assert cells['time / its best'] == '0.500 (0.500-0.500)'


def test_a_reference_that_is_none(tmp_path):
  with pytest.raises(ValueError, match='give a checkout of'):
    benchmark_torch.load(tmp_path)
  models = tmp_path / 'models'
  models.mkdir()
  (models / '__init__.py').write_text('import a_package_nobody_has\n')
  with pytest.raises(ValueError, match='needs a_package_nobody_has, which'):
    benchmark_torch.load(tmp_path)
  # Its own imports are relative, whatever else is called `models`.
  (models / '__init__.py').write_text('from .parts import Wav2Lip\n')
  (models / 'parts.py').write_text('Wav2Lip = "here"\n')
  assert benchmark_torch.load(tmp_path).Wav2Lip == 'here'
  options = benchmark.parse(['infer', '--reference', 'x', '--width', '4'])
  with pytest.raises(ValueError, match='width 16 and 96 pixels only'):
    benchmark_infer.run(options)
