"""How open a mouth is left when nothing is said, on a scale of its own."""

import dataclasses
from typing import ClassVar

import cv2
import flax.linen as nn
import learning
import numpy as np
import pytest
import tiny_runs

from input_pipeline import (
  audio,
  media,
  mouth_opening,
  records,
  shards,
  sounds,
  synthetic,
)
from lipsync_jax.judging import silence
from tools import demo_judge, synthesize
from tools import silence as command

SQUARE = learning._SQUARE


@pytest.fixture(scope='module')
def chunk():
  return tiny_runs.make_chunk(3, 0, 60, square=SQUARE)


@pytest.fixture(scope='module')
def raw(chunk):
  return records.encode(chunk)


@pytest.mark.parametrize('size', [48, 96])
def test_opening_in_crops_is_that_of_the_mouth(size):
  chunk = tiny_runs.make_chunk(5, 1, 60, square=SQUARE)
  truth = synthetic.make_clip(synthetic.person(5), seed=1, num_frames=60).mouth
  crops = records.decode(records.encode(chunk))['frames']
  crops = np.stack(
    [cv2.resize(c, (size, size), interpolation=cv2.INTER_AREA) for c in crops]
  )
  measured = mouth_opening.in_crops(crops)
  assert np.corrcoef(measured, truth[:, 0])[0, 1] > 0.9


def test_a_black_picture_is_no_open_mouth():
  black = np.zeros((2, 48, 48, 3), np.uint8)
  assert mouth_opening.in_crops(black).tolist() == [0, 0]


def test_scale_runs_from_shut_to_speaking():
  openings = np.array([0.1] * 10 + [0.5] * 45 + [0.9] * 45)
  quiet = np.arange(100) < 20
  found = silence.scale(openings, quiet)
  assert found.closed == pytest.approx(0.1)
  assert found.speaking == pytest.approx((35 * 0.5 + 45 * 0.9) / 80)
  assert found.relative(np.array([0.1, found.speaking])).tolist() == [0, 1]
  half = found.relative(np.array([0.5])).item() / 2
  assert found.pausing == pytest.approx(half)
  # Where the truth is known it is taken.
  known = silence.scale(openings, quiet, quiet)
  assert known.closed == pytest.approx(0.3)


@pytest.mark.parametrize(
  'openings, quiet',
  [(np.full(50, 0.3), np.arange(50) < 9), (np.arange(50.0), np.ones(50, bool))],
)
def test_a_mouth_that_never_moves_or_never_speaks_has_no_scale(openings, quiet):
  assert silence.scale(openings, quiet) is None
  assert (
    silence.of_clips([(None, *np.zeros((2, 5, 48, 48, 3), np.uint8))]) == {}
  )


def test_a_mouth_that_never_pauses_has_a_scale_all_the_same():
  found = silence.scale(np.linspace(0, 1, 50), np.zeros(50, bool))
  assert np.isnan(found.pausing)
  crops = np.zeros((5, 48, 48, 3), np.uint8) + 100
  metrics = silence.of_clips([(found, crops, crops)])
  assert 'silence_truth' not in metrics and 'silence_opening' in metrics


def drawn(wanted):
  """Draws the truth with sound; with silence, always one and the same frame."""

  def draw(example):
    if not (example['frame_sounds'] == audio.SILENCE).all():
      return example['frames']
    openings = mouth_opening.in_crops(example['frames'])
    return np.repeat(example['frames'][wanted(openings)][None], 60, axis=0)

  return draw


@pytest.mark.parametrize(
  'wanted, low, high', [(np.argmin, -0.2, 0.05), (np.argmax, 1.5, 9)]
)
def test_records_drawn_shut_and_open(raw, wanted, low, high):
  found = silence.measure([raw], drawn(wanted), image_size=64, sound='mel')
  assert low < found['silence_opening'] < high
  assert found['silence_most'] == found['silence_opening']
  assert found['silence_motion'] == 0


def test_who_does_not_listen_moves_as_much_in_silence(raw):
  found = silence.measure(
    [raw], lambda example: example['frames'], image_size=64, sound='mel'
  )
  assert found['silence_motion'] == 1
  assert 0.3 < found['silence_opening'] < 1.3


@pytest.mark.parametrize('sound', ['mel', 'mel27', 'mfcc35'])
def test_hushed_is_digital_silence(chunk, sound):
  zeros = np.zeros_like(chunk.audio)
  mel = np.full_like(chunk.mel, audio.SILENCE)
  empty = dataclasses.replace(chunk, audio=zeros, mel=mel)
  expected = sounds.windows(empty, [0, 5], sound)
  batch = {'frame_sounds': expected + 1}
  hushed = silence.hushed(batch, sound)
  np.testing.assert_allclose(hushed['frame_sounds'], expected, atol=1e-5)
  assert (batch['frame_sounds'] != hushed['frame_sounds']).all()


class Copy(nn.Module):
  """Draws its still: lips that move whatever it hears."""

  sound: ClassVar[str] = 'mel'
  stills: ClassVar[int] = 1

  @nn.compact
  def draw(self, sound, target, stills, *, train):
    return stills[:, 0]


def test_the_command_prints_it(raw, monkeypatch, tmp_path, capsys):
  loaded = Copy(), {}, {'image_size': 64}
  monkeypatch.setattr(command.networks, 'load', lambda *_: loaded)
  with shards.ShardWriter(tmp_path, 'talkers', 'validation') as writer:
    writer.write_encoded(raw)
  shards.write_metadata(tmp_path, [writer], description='', metadata={})
  words = ['--checkpoint', 'run', '--data', str(tmp_path)]
  assert command.main(words) == 0
  opening, _, _, motion = capsys.readouterr().out.splitlines()
  assert 0.3 < float(opening.split()[0]) < 1.3
  assert motion.split()[0] == '1.000'


def test_the_command_says_what_is_missing(talkers, monkeypatch, capsys):
  words = ['--checkpoint', 'nowhere', '--data', str(talkers)]
  assert command.main(words) == 2
  assert capsys.readouterr().err.startswith('error: ')
  loaded = Copy(), {}, {'image_size': 64}
  monkeypatch.setattr(command.networks, 'load', lambda *_: loaded)
  monkeypatch.setattr(command.silence, 'measure', lambda *_, **__: {})
  assert command.main(words) == 2
  assert 'no clip of' in capsys.readouterr().err


def test_the_demo_measures_by_the_true_shape(tmp_path):
  words = f'--output {tmp_path} --people 1 --clips 1 --frames 50 --size 128'
  synthesize.main(words.split() + ['--workers', '1'])
  video = tmp_path / 'talker_00' / 'clip_0.mp4'
  frames = [frame for _, frame in media.read_frames(video)]
  shape = np.load(video.with_suffix('.npz'))['mouth'][:, 0]
  for wanted, low, high in ((np.argmin, -0.2, 0.1), (np.argmax, 1.5, 5)):
    output = tmp_path / 'dubbed.mp4'
    still = frames[wanted(shape)]
    with media.VideoWriter(output, width=128, height=128, fps=25) as writer:
      for _ in frames:
        writer.write(still)
    assert low < demo_judge._opening(video, output) < high
  sound = demo_judge._silent_sound(video, tmp_path)
  heard = media.read_audio(sound)
  assert len(heard) == 50 * 640 and not heard.any()
