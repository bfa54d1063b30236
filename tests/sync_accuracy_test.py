"""The command, and what it counts, with experts that are right or blind."""

import json
import pathlib

import cv2
import numpy as np
import pytest

from lipsync_jax.judging import expert_accuracy
from tools import sync, sync_accuracy

pytestmark = pytest.mark.usefixtures('quick_compilation')


def clips(rng, noise, count=4):
  """Embeddings of clips of 30 windows: sounds are pictures and noise."""
  found = []
  for k in range(count):
    face = rng.normal(size=(30, 32)).astype(np.float32)
    audio = face + noise * rng.normal(size=(30, 32)).astype(np.float32)
    found.append(expert_accuracy.Clip(f'{k}.mp4', face, audio))
  return found


@pytest.mark.parametrize('similarity', ['cosine', 'distance'])
def test_an_expert_that_is_right_has_no_errors(rng, similarity):
  found = expert_accuracy.measure_clips(clips(rng, 0), similarity=similarity)
  assert (found['clips'], found['videos'], found['windows']) == (4, 4, 120)
  assert set(found['offsets']['in_place'].values()) == {1}
  assert set(found['offsets']['moved'].values()) == {1}
  assert found['clip']['found'] == found['clip']['exact'] == 1
  for by_span in found['pairs'].values():
    assert list(by_span) == ['5', '7', '9', '11', '13', '15']
    told = by_span['5']
    assert told['area'] == told['accuracy'] == told['accuracy_held_out'] == 1
    assert told['equal_error_rate'] == 0


def test_an_expert_that_is_blind_is_at_chance(rng):
  found = expert_accuracy.measure_clips(
    clips(rng, 1e6, count=12), similarity='cosine'
  )
  # Three of 31 offsets, or fewer near the ends.
  assert 0.05 < found['offsets']['in_place']['5'] < 0.2
  for kind in ('same_clip', 'two_clips'):
    assert abs(found['pairs'][kind]['5']['area'] - 0.5) < 0.06
    assert found['pairs'][kind]['5']['accuracy_held_out'] < 0.56


def test_pairs_are_all_there_are_and_no_neighbours(rng):
  found = expert_accuracy.measure_clips(clips(rng, 0), similarity='cosine')
  told = found['pairs']['same_clip']['5']
  assert told['true'] == 4 * 30
  # Of 30 windows those 2..15 places apart, either way.
  assert told['false'] == 4 * sum(2 * (30 - s) for s in range(2, 16))
  # Of two clips those 0..15 places apart.
  told = found['pairs']['two_clips']['5']
  assert told['false'] == 4 * (30 + sum(2 * (30 - s) for s in range(1, 16)))
  shares = found['histogram']
  assert set(shares) == {'edges', 'true', 'same_clip', 'two_clips'}
  assert sum(shares['same_clip']) == pytest.approx(1)


def test_chunks_of_one_video_are_no_other_clip(rng):
  """Nor are they in both halves, one of which chooses the threshold."""
  both = [c._replace(video='a.mp4') for c in clips(rng, 0, count=2)]
  found = expert_accuracy.measure_clips(both, similarity='cosine')
  assert (found['clips'], found['videos']) == (2, 1)
  assert list(found['pairs']) == ['same_clip']
  assert found['pairs']['same_clip']['5']['accuracy_held_out'] is None


def test_clips_too_short_for_a_measure_leave_it_out(rng):
  short = [
    c._replace(face=c.face[:9], audio=c.audio[:9]) for c in clips(rng, 0)
  ]
  found = expert_accuracy.measure_clips(short, similarity='cosine')
  assert found['offsets']['in_place']['15'] == 1
  # 9 windows are 13 frames.
  assert found['offsets']['moved']['13'] == 1
  assert found['offsets']['moved']['15'] is None
  assert '-' in sync_accuracy._table(found)


def test_the_command_prints_and_writes(tiny_expert, talkers, tmp_path, capsys):
  json_file, plot = tmp_path / 'accuracy.json', tmp_path / 'accuracy.png'
  arguments = [
    'accuracy',
    *('--expert', str(tiny_expert), '--data', str(talkers)),
    *('--json', str(json_file), '--plot', str(plot)),
  ]
  assert sync.main(arguments) == 0
  out = capsys.readouterr().out
  found = json.loads(json_file.read_text())
  fingerprint = found['expert']['weights']
  assert f'Fingerprint {fingerprint}. 2 clips of 2 videos' in out
  assert found['windows'] == 2 * 16 and '32 windows' in out
  for span, share in found['offsets']['in_place'].items():
    row = next(r for r in out.splitlines() if r.split()[:1] == [span])
    assert row.split()[1] == f'{100 * share:.1f}'
  assert cv2.imread(str(plot)).shape[:2] == (440, 1000)
  # The same twice, and nothing half written beside them.
  before = [path.read_bytes() for path in (json_file, plot)]
  assert sync.main(arguments) == 0
  assert before == [path.read_bytes() for path in (json_file, plot)]
  assert len(list(tmp_path.iterdir())) == 2


def test_validation_prints_what_the_command_does(tiny_expert, talkers):
  from input_pipeline import shards
  from lipsync_jax import metric_writer
  from lipsync_jax.judging import measure

  rows = metric_writer.read(pathlib.Path(tiny_expert) / 'metrics.jsonl')
  printed = {k[4:]: v for k, v in rows[-1].items() if k[:4] == 'val/'}
  judge = measure.load(tiny_expert)
  found = expert_accuracy.measure_clips(
    expert_accuracy.embed(judge, shards.load_split(talkers, 'validation')),
    similarity=judge.similarity,
  )
  for span, share in found['offsets']['moved'].items():
    expected = printed[f'offset_accuracy_{span}']
    assert share == pytest.approx(expected, nan_ok=True, abs=1e-6)
  assert found['clip']['confidence'] == pytest.approx(
    printed['confidence'], rel=1e-3
  )


@pytest.mark.parametrize(
  'wrong, why',
  [
    (['--data', 'nowhere'], 'nowhere holds no split'),
    (['--expert', 'nowhere'], 'No checkpoints in nowhere'),
    (['--split', 'test'], "no split 'test'"),
    (['--plot', 'no/such/folder.png'], '--plot: there is no folder'),
  ],
)
def test_bad_input_is_one_line_and_2(wrong, why, tiny_expert, talkers, capsys):
  arguments = ['--expert', str(tiny_expert), '--data', str(talkers), *wrong]
  assert sync.main(['accuracy', *arguments]) == 2
  err = capsys.readouterr().err
  assert why in err and err.count('\n') == 1
