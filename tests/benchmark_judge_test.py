"""The report of tools.benchmark judge, of small networks and one video."""

import re

import pytest

from tools import benchmark


@pytest.mark.usefixtures('quick_compilation')
def test_the_report(tiny_expert, footage_folder, capsys):
  video = footage_folder / 'anna' / 'one.mp4'
  words = ['--width', '2', '--repeats', '1', '--detector', 'cascade']
  words += ['--expert', str(tiny_expert), '--videos', str(video)]
  benchmark.main(['judge', *words])
  speed, lrs, measure, towers, machine = (
    capsys.readouterr().out.strip().split('\n\n')
  )

  def rows(table):
    return [line.strip('| ').split(' | ') for line in table.splitlines()[2:]]

  assert [row[:2] for row in rows(speed)] == [
    ['LSE, LRS mode', 'SyncNet v2, width 2'],
    ['measure', str(tiny_expert)],
  ]
  assert all(float(row[-1].split()[0]) > 0 for row in rows(speed))
  assert all(row[3] == '1.60' for row in rows(speed))  # 40 frames
  for table in (lrs, measure):
    stages = rows(table)
    assert stages[0][0] == 'decoding' and stages[-1][0] == 'rest'
    # What is wrapped is what does the work. Of so short a video some stages
    # take less than the clock of CPU time tells, and the rest is a difference.
    seconds = [float(row[1].split()[0]) for row in stages[:-1]]
    assert min(seconds) >= 0 and max(seconds) > 0
    assert sum(float(row[2]) for row in stages) == pytest.approx(100, abs=1)
  # A tower runs once for each embedding, however many frames there are.
  lip, sound, few, many = rows(towers)
  assert few[0] == 'both, 24 frames -> 20 embeddings'
  assert many[0] == 'both, 44 frames -> 40 embeddings'
  each = [float(row[2]) for row in (lip, sound, few, many)]
  assert each[2] == pytest.approx(each[0] + each[1], rel=0.02)
  assert each[3] == pytest.approx(each[2], rel=0.001)
  assert re.search(r'jax \d', machine)
