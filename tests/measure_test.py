"""Offsets of clips whose truth is known, and of a real file."""

import json
import math

import cv2
import footage
import matching
import pytest

from input_pipeline import faces, windows
from input_pipeline.preparation import prepare_video
from lipsync_jax import checkpoint, networks
from lipsync_jax.judging import evaluate, measure, measure_video, measurement
from tools import sync as command

pytestmark = pytest.mark.usefixtures('quick_compilation')


@pytest.mark.parametrize('lead', [-15, -5, 0, 10])
@pytest.mark.parametrize('num_frames', [30, 75])
def test_offset_is_the_lead_whatever_the_length(
  counting_chunk, lead, num_frames
):
  chunk = matching.leading(counting_chunk(num_frames=num_frames), lead)
  found = matching.judge().measure([chunk])
  assert found.offset == lead and found.milliseconds == 40 * lead
  # Padding takes no part: one-hot vectors agree wholly or not at all.
  assert (found.peak, found.confidence) == (1, 1)
  assert found.curve == tuple(float(k == lead) for k in range(-15, 16))
  assert (found.frames, found.chunks) == (num_frames, 1)


def test_offsets_a_short_clip_cannot_show_are_left_out(counting_chunk):
  found = matching.judge().measure([counting_chunk(num_frames=15)])
  assert found.offset == 0
  # Eleven windows: a sound ten frames away at most.
  assert [k - 15 for k, s in enumerate(found.curve) if s is not None] == list(
    range(-10, 11)
  )


def test_chunks_of_a_clip_are_joined_window_by_window(counting_chunk):
  first = matching.leading(counting_chunk(), 5)
  second = counting_chunk(num_frames=40, start_frame=75)
  found = matching.judge().measure([first, second])
  assert found.offset == 5 and found.chunks == 2 and found.frames == 115
  # 71 and 36 windows, of which those with their sound in the chunk count.
  assert found.curve[15 + 5] == pytest.approx(66 / (66 + 31))
  assert found.curve[15] == pytest.approx(36 / (71 + 36))
  assert found.peak == found.curve[20] == pytest.approx(found.confidence)


def test_experts_of_the_contrastive_loss_are_judged_by_distance(counting_chunk):
  chunk = matching.leading(counting_chunk(), 5)
  found = matching.judge('contrastive').measure([chunk])
  assert found.similarity == 'distance' and found.offset == 5
  assert found.peak == pytest.approx(0, abs=1e-5)
  assert found.confidence == pytest.approx(math.sqrt(2), rel=1e-4)
  assert matching.judge('cosine_bce').similarity == 'cosine'


def test_no_chunk_is_an_error():
  with pytest.raises(ValueError, match='no chunk'):
    matching.judge().measure([])


@pytest.mark.parametrize(
  ('offset', 'verdict', 'words'),
  [
    (0, 'in sync', 'in sync'),
    (
      3,
      'sound leads',
      'audio leads by 3 frames (120 ms): delay it by 0.120 s',
    ),
    (-1, 'sound lags', 'audio lags by 1 frame (40 ms): advance it by 0.040 s'),
  ],
)
def test_words_say_what_to_do(offset, verdict, words):
  found = measurement.Measurement(offset, 0.5, 0.9, 'cosine', 75, 1, ())
  assert found.verdict() == verdict
  assert found.words() == words


def test_a_file_is_measured_like_its_record(tiny_expert, footage_folder):
  path = footage_folder / 'anna' / 'one.mp4'
  judge = measure.load(tiny_expert)
  judged = measure_video.measure(judge, path, faces.make_detector('cascade'))
  found = judged.measured
  [chunk] = prepare_video.prepare_video(
    path, prepare_video.Options(size=128, detector='cascade')
  ).pieces
  # The same by the functions that judge an expert in training.
  network, variables, _ = networks.load(str(tiny_expert), 'expert')
  example = windows.clip_example(chunk, network.image_size)
  embeddings = evaluate.make_embed(network)(variables, **example)
  expected = evaluate.clip_sync(*embeddings)
  assert found.offset == expected.offset
  assert found.confidence == pytest.approx(expected.confidence, abs=1e-5)
  assert found.frames == footage.FRAMES
  assert judged.seen.all() and judged.speech.mean() > 0.5
  assert judged.frame_confidence.shape == (footage.FRAMES,)


def run(tiny_expert, *words, command_name='measure'):
  words = ('--detector', 'cascade', *map(str, words))
  return command.main([command_name, '--expert', str(tiny_expert), *words])


def test_command_prints_and_writes(
  tiny_expert, footage_folder, tmp_path, capsys
):
  good = footage_folder / 'anna' / 'one.mp4'
  bad = footage_folder / 'bad' / 'no_face.mp4'
  target = tmp_path / 'sync.json'
  assert run(tiny_expert, '--json', target, good) == 0
  printed = capsys.readouterr().out
  assert f'Expert: {tiny_expert}, step 2, trained by multiway' in printed
  content = json.loads(target.read_text())
  judge = measure.load(tiny_expert)
  assert content['expert'] == {
    'weights': networks.fingerprint(judge.variables, judge.similarity),
    'run': tiny_expert.name,
    'step': 2,
    'objective': 'multiway',
  }
  [row] = content['videos']
  assert row['video'] == str(good) and len(row['curve']) == 31
  assert f'offset {row["offset"]:+d} frames' in printed
  assert f'confidence {row["confidence"]:.3f} (wrong sounds: ' in printed
  assert len(row['frame_confidence']) == footage.FRAMES
  # An expert of two steps knows nothing, and is not believed.
  assert row['verdict'] == 'undetermined'
  assert 'wrong sounds reach' in row['reason']
  # One bad file does not keep the others from being measured.
  assert run(tiny_expert, '--json', target, '--min-confidence', 9, bad, good)
  said = capsys.readouterr()
  assert said.err == f'error: {bad}: no face found.\n'
  assert f'{good}: undetermined: the confidence is below 9' in said.out
  failed, measured = json.loads(target.read_text())['videos']
  assert failed == {'video': str(bad), 'error': 'no face found.'}
  assert measured == row | {'reason': 'the confidence is below 9'}
  assert [path.name for path in tmp_path.iterdir()] == ['sync.json']


def test_curves_are_drawn_and_silence_is_no_error(
  tiny_expert, footage_folder, tmp_path, capsys
):
  good = footage_folder / 'anna' / 'one.mp4'
  silent = footage_folder / 'bad' / 'silent.mp4'
  picture, facts = tmp_path / 'a.png', tmp_path / 'a.json'
  assert run(tiny_expert, '--plot', picture, '--json', facts, good, silent) == 0
  said = capsys.readouterr().out
  assert f'{silent}: undetermined: the sound is silent' in said
  drawn, quiet = json.loads(facts.read_text())['videos']
  assert quiet['verdict'] == 'undetermined' and quiet['offset'] is None
  assert cv2.imread(str(picture)).shape[:2] == (460, 420)
  folder = tmp_path / 'plots'
  assert run(tiny_expert, '--plot', folder, good, good) == 0
  assert sorted(p.name for p in folder.iterdir()) == ['one.png']
  assert not list(tmp_path.glob('*.png.*'))


def test_who_speaks_is_written_and_drawn(
  tiny_expert, footage_folder, tmp_path, capsys
):
  good = footage_folder / 'ben' / 'one.mp4'
  picture, facts = tmp_path / 'a.png', tmp_path / 'a.json'
  words = ('--plot', picture, '--json', facts, good)
  assert run(tiny_expert, *words, command_name='speaker') == 0
  assert f'{good}: 1 face, offset' in capsys.readouterr().out
  assert cv2.imread(str(picture)) is not None
  [row] = json.loads(facts.read_text())['videos']
  [track] = row['tracks']
  assert len(track['frame_confidence']) == len(row['speech']) == footage.FRAMES
  assert row['segments'][0]['start'] == 0
  assert row['segments'][-1]['end'] == footage.FRAMES / 25
  # A picture is of one video.
  assert run(tiny_expert, *words, good, command_name='speaker') == 2
  assert 'holds 1 video at most' in capsys.readouterr().err


def test_nobody_speaks_in_a_silent_video(
  tiny_expert, footage_folder, tmp_path, capsys
):
  silent = footage_folder / 'bad' / 'silent.mp4'
  facts = tmp_path / 'a.json'
  words = ('--json', facts, silent)
  assert run(tiny_expert, *words, command_name='speaker') == 0
  assert 'nobody speaks: the sound is silent' in capsys.readouterr().out
  [row] = json.loads(facts.read_text())['videos']
  assert row['segments'] == [] and row['offset'] is None


def test_bad_input_is_one_line_and_exit_code_2(tiny_expert, tmp_path, capsys):
  for words, said in [
    (['--json', tmp_path / 'no' / 'a.json', 'a.mp4'], '--json: there is no'),
    (['--plot', tmp_path / 'no' / 'a.png', 'a.mp4'], '--plot: there is no'),
    (['--plot', tmp_path / 'a.jpg', 'a.mp4'], 'neither a .png nor a folder'),
    (['--plot', tmp_path / 'a.png', *'abcdefg'], '6 videos at most'),
    (['--detect-every', 99, 'a.mp4'], 'detect_every=99'),
    (['nothing.mp4'], 'nothing.mp4: no such file'),
  ]:
    assert run(tiny_expert, *words) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith('error: ') and said in line
  assert run(tmp_path, 'a.mp4') == 2
  assert 'No checkpoints' in capsys.readouterr().err


def test_an_expert_taken_from_elsewhere_is_refused(monkeypatch):
  def load(workdir, name):
    return matching.Expert(), {}, {'objective': None}

  monkeypatch.setattr(measure.networks, 'load', load)
  with pytest.raises(checkpoint.CheckpointError, match='how its expert was'):
    measure.load('runs/wav2lip')


def test_help_shows_an_example(capsys):
  for words in (
    ['--help'],
    ['measure', '--help'],
    ['fix', '--help'],
    ['speaker', '--help'],
  ):
    with pytest.raises(SystemExit) as stop:
      command.main(words)
    assert stop.value.code == 0
    assert '--expert runs/expert' in capsys.readouterr().out
