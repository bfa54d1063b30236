"""The driver's pace and the command."""

import sys
import types

import numpy as np
import pytest

from input_pipeline import media
from lipsync_jax import inference
from lipsync_jax.inference import live, stream
from tests import dubbing, fakes, streaming, videos
from tools import live as tool


class Clock:
  """Time that passes by sleeping (a little too long) and by drawing."""

  def __init__(self, drawing=0.0):
    self.now, self.drawing = 100.0, drawing

  def __call__(self):
    return self.now

  def sleep(self, seconds):
    self.now += seconds * 1.01

  def draw(self, mel, faces, reference):
    self.now += self.drawing * len(faces)
    return faces


def play(clock, *, seconds=4, chunk=441, **options):
  person = streaming.make_avatar([dubbing.picture()] * 3)
  running = stream.Stream(person, fakes.FakeGenerator(clock.draw), **options)
  samples = np.zeros(16_000 * seconds, np.float32)
  blocks = live.cut([samples], chunk)
  return list(
    live.play(
      running, blocks, sample_rate=16_000, clock=clock, sleep=clock.sleep
    )
  )


def test_pauses_that_are_too_long_do_not_add_up():
  frames = play(Clock(), chunk=441)
  assert [frame.index for frame, _ in frames] == list(range(100))
  delays = [delay for _, delay in frames][:-4]  # the end needs no waiting
  # 120 to 133 ms of sound, in pieces of 27.6 ms.
  assert 0.119 < min(delays) and max(delays) < 0.133 + 0.028


def test_drawing_costs_its_time_once():
  frames = play(Clock(drawing=0.03))
  delays = [delay for _, delay in frames][:-4]
  assert 0.149 < min(delays) and max(delays) < 0.133 + 0.028 + 0.03


def test_too_slow_a_generator_falls_behind_no_further():
  frames = play(Clock(drawing=0.1), delay=0.2)  # 10 a second
  delays = [delay for _, delay in frames]
  # What waits, and two batches of four: one being drawn, one that came then.
  assert max(delays) < 0.133 + 0.028 + 0.2 + 2 * 0.4
  assert {frame.how for frame, _ in frames} == {'drawn', 'repeated'}
  behind = [delay for _, delay in play(Clock(drawing=0.1))]
  assert behind[-1] > 5


def test_cut():
  blocks = [np.arange(3), np.arange(3, 10)[:, None]]
  pieces = list(live.cut((b.astype('f4') for b in blocks), 4))
  assert [p.tolist() for p in pieces] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@pytest.fixture
def arguments(tmp_path, monkeypatch):
  """A complete command line; loading a checkpoint gives a stand-in."""
  loaded = types.ModuleType('lipsync_jax.inference.generator')
  loaded.load = lambda checkpoint, **options: fakes.FakeGenerator(
    fakes.loudness
  )
  monkeypatch.setitem(sys.modules, loaded.__name__, loaded)
  monkeypatch.setattr(inference, 'generator', loaded, raising=False)
  monkeypatch.setattr(
    tool.detectors, 'make', lambda options: fakes.FakeDetector()
  )
  monkeypatch.setattr(live.time, 'sleep', lambda seconds: None)
  return {
    '--avatar': videos.write(tmp_path / 'in.mp4', [dubbing.picture()] * 9),
    '--audio': dubbing.click_sound(tmp_path / 'a.wav'),
    '--checkpoint': tmp_path,
    '--output': tmp_path / 'out.mp4',
    '--delay': '9',
  }


def run(arguments):
  return tool.main([str(word) for pair in arguments.items() for word in pair])


def test_the_file_says_what_was_heard(tmp_path, arguments, capsys):
  saved = tmp_path / 'person.npz'
  assert run(arguments | {'--save-avatar': saved}) == 0
  assert '50 frames at 25 fps, 0 of them repeated' in capsys.readouterr().out
  output = tmp_path / 'out.mp4'
  shown = np.array([frame for _, frame in media.read_frames(output)])
  assert len(shown) == 50
  mouth = shown[:, 58:66, 40:56].mean((1, 2, 3))
  bright = (np.flatnonzero(mouth > mouth.min() + 60) + 0.5) / 25
  loud = np.flatnonzero(np.abs(media.read_audio(output)) > 0.2) / 16_000
  for click in dubbing.CLICKS:
    assert abs(loud[np.abs(loud - click) < 0.25].mean() - click) < 2e-3
    assert abs(bright[np.abs(bright - click) < 0.25].mean() - click) < 0.04
  again = tmp_path / 'again.mp4'
  assert run(arguments | {'--avatar': saved, '--output': again}) == 0
  assert len(list(media.read_frames(again))) == 50


@pytest.mark.parametrize(
  'bad',
  [
    {'--avatar': 'no.mp4'},
    {'--avatar': 'no.npz'},
    {'--audio': 'no.wav'},
    {'--save-avatar': 'person.zip'},
    {'--save-avatar': '/no/person.npz'},
    {'--avatar': 'a.npz', '--save-avatar': 'b.npz'},
    {'--output': 'out.wav'},
  ],
)
def test_bad_input_is_one_line(arguments, bad, capsys):
  assert run(arguments | bad) == 2
  assert capsys.readouterr().err.startswith('error: ')


@pytest.mark.parametrize('name', ['--avatar', '--audio'])
def test_inputs_are_not_overwritten(arguments, name, capsys):
  source = arguments['--avatar']
  before = source.read_bytes()
  assert run(arguments | {name: source, '--output': source}) == 2
  assert 'would overwrite an input' in capsys.readouterr().err
  assert source.read_bytes() == before
