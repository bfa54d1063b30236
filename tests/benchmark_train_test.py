"""tools.benchmark train: what it counts of a step, and its report."""

import types

import pytest

from lipsync_jax.training import device_speed
from tools import benchmark, benchmark_torch_steps, benchmark_train


@pytest.mark.usefixtures('quick_compilation')
def test_the_report(talkers, monkeypatch):
  real = device_speed.seconds
  monkeypatch.setattr(
    device_speed, 'seconds', lambda call, at_least: real(call, at_least=0.0)
  )
  words = ['train', '--config', 'expert:reference', '--share', '16']
  words += ['--batch-size', '4', '--steps', '1', '--repeats', '2']
  text = benchmark_train.run(benchmark.parse([*words, '--data', str(talkers)]))
  assert '| expert:reference, width 1/16 | s / step | examples/s |' in text
  for words in (
    ' GFLOP a step: ',
    'waiting for data',
    'MFU none',
    'first step',
  ):
    assert words in text


def test_shares_of_the_reference():
  options = benchmark.parse(['train'])
  training = types.SimpleNamespace(
    flops=4e9, memory=2e9, first_step=3.0, waits=[0.01, 0.01]
  )
  seconds = {
    'matmul': [1.0, 1.0],
    'ours': [0.5, 0.5],
    'eager float32': [2.0, 2.0],
    'bfloat16': [1.0, 1.0],
  }
  text = benchmark_train.table('wav2lip', 1, options, training, seconds)
  head, _, ours, *_, notes = (
    [cell.strip() for cell in line.split('|')] for line in text.splitlines()
  )
  cells = dict(zip(head, ours, strict=False))
  assert cells['examples/s'] == '32.0 (32.0-32.0)'
  assert cells['time / eager float32'] == '0.250 (0.250-0.250)'
  assert cells['time / its best'] == '0.500 (0.500-0.500)'
  # 8 GFLOP/s beside the 17.2 of that product; 1 % of the time is waiting.
  assert '8.00 (8.00-8.00) GFLOP/s, 46.6 (46.6-46.6) %' in notes[0]
  assert 'waiting for data 1.0 (1.0-1.0) %' in notes[0]


def test_what_the_original_does_not_train():
  with pytest.raises(ValueError, match='lipgan: the original trains expert'):
    benchmark_torch_steps.step(None, 'lipgan', 1, 'eager float32')
