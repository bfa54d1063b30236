"""Curves of a run: training and validation of a measure in one panel."""

import json

import cv2
import numpy as np
import pytest

from tools import curves

ROWS = [
  {'step': 1, 'train/loss': 3.0, 'train/expert_learning_rate': 0.1},
  {'step': 2, 'train/loss': 2.0, 'time/seconds_per_step': 0.2},
  {'step': 2, 'val/loss': 2.5, 'val/accuracy': 0.5, 'train/a_norm': 1.0},
]


@pytest.fixture
def workdir(tmp_path):
  lines = [json.dumps(row) + '\n' for row in ROWS]
  (tmp_path / 'metrics.jsonl').write_text(''.join(lines))
  return tmp_path


def test_measures_by_split(workdir):
  assert curves.measures(workdir) == {
    'accuracy': {'val': ([2], [0.5])},
    'loss': {'train': ([1, 2], [3.0, 2.0]), 'val': ([2], [2.5])},
  }
  assert list(curves.measures(workdir, ['a_norm'])) == ['a_norm']


@pytest.mark.parametrize('only', [[], ['loss']])
def test_a_picture(workdir, only):
  output = workdir / 'curves.png'
  words = ['--only', *only] if only else []
  assert not curves.main([f'--workdir={workdir}', f'--output={output}', *words])
  picture = cv2.imread(str(output))
  # Lines, and not paper alone.
  assert (picture != 255).any(axis=-1).mean() > 0.02
  assert np.ptp(picture) > 100


def test_bad_input_is_a_line(workdir, tmp_path, capsys):
  output = tmp_path / 'a.png'
  words = [f'--workdir={workdir}', f'--output={output}']
  assert curves.main([*words, '--only', 'los']) == 2
  assert 'has not measured los; it has a_norm, accuracy' in (
    capsys.readouterr().err
  )
  words[0] = f'--workdir={tmp_path / "none"}'
  assert curves.main(words) == 2
  assert capsys.readouterr().err.startswith('error: ')
  assert not output.exists()
