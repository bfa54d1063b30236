"""Late sound, late pictures, and what a stream refuses."""

import fractions

import numpy as np
import pytest

from input_pipeline import alignment, audio
from lipsync_jax.inference import stream
from tests import streaming


@pytest.fixture(scope='module')
def person():
  return streaming.person()


def test_late_sound_is_waited_for_with_silence(person):
  samples, generator = streaming.noise(1), streaming.Recorder()
  live = stream.Stream(person, generator)
  frames = [live.idle(), live.idle()]  # before there is any
  live.push(samples[:7001])
  frames += live.frames()
  drawn = len(frames) - 2
  frames += [live.idle() for _ in range(3)]
  live.push(samples[7001:])
  live.close()
  frames += live.frames()
  assert [frame.index for frame in frames] == list(range(30))
  assert [frame.time for frame in frames] == [
    fractions.Fraction(k, 25) for k in range(30)
  ]
  how = ['idle'] * 2 + ['drawn'] * drawn + ['idle'] * 3
  assert [frame.how for frame in frames] == how + ['drawn'] * (25 - drawn)
  assert all(len(frame.sound) == 640 for frame in frames)
  for frame in frames:
    if frame.how == 'idle':
      assert not frame.sound.any()
  # All of the sound is heard once, and each frame hears its own window.
  spoken = [frame for frame in frames if frame.how == 'drawn']
  np.testing.assert_array_equal(
    np.concatenate([frame.sound for frame in spoken]), samples
  )
  mel = audio.mel_spectrogram(samples)
  heard = [w for w in generator.windows if (w > alignment.audio.SILENCE).any()]
  assert len(heard) == 25
  for k, window in enumerate(heard):
    expected = alignment.window(mel, alignment.frame_start(k))
    np.testing.assert_allclose(window, expected, atol=1e-4)


def test_an_idle_face_is_drawn_once(person):
  generator = streaming.Recorder()
  live = stream.Stream(person, generator)
  frames = [live.idle() for _ in range(30)]
  assert len(generator.batches) == 7
  assert all((w == alignment.audio.SILENCE).all() for w in generator.windows)
  # To and fro, while nobody speaks.
  np.testing.assert_array_equal(frames[1].image, frames[11].image)
  assert (frames[1].image != frames[2].image).any()


def test_idle_gives_what_is_ready_first(person):
  live = stream.Stream(person, streaming.Recorder())
  live.push(streaming.noise(0.2))
  assert [live.idle().how for _ in range(3)] == ['drawn', 'drawn', 'idle']


def test_too_slow_a_machine_repeats_pictures_but_no_sound(person):
  samples = streaming.noise(2)
  live = stream.Stream(person, streaming.Recorder(), delay=0.2)
  frames = []
  for at in range(0, 32_000, 8_000):  # looks only twice a second
    live.push(samples[at : at + 8_000])
    frames += live.frames()
  live.close()
  frames += live.frames()
  assert [frame.index for frame in frames] == list(range(50))
  np.testing.assert_array_equal(
    np.concatenate([frame.sound for frame in frames]), samples
  )
  # Of ten to thirteen frames that wait, the last five are drawn.
  how = ''.join(frame.how[0] for frame in frames)
  assert how.startswith('ddddrddddd')  # first there is nothing to repeat
  assert how[10:] == 'rrrrrrrddddd' + 'rrrrrrrrddddd' + 'rrrrrrrddddd' + 'ddd'
  assert (frames[16].image == frames[9].image).all()


@pytest.mark.parametrize(
  'samples',
  [
    np.zeros(5),
    np.zeros((5, 1), np.float32),
    np.full(5, np.nan, np.float32),
    np.zeros(61 * 16_000, np.float32),
  ],
)
def test_what_cannot_be_pushed(person, samples):
  live = stream.Stream(person, streaming.Recorder())
  with pytest.raises(ValueError):
    live.push(samples)
  assert not list(live.frames())


def test_a_closed_stream(person):
  live = stream.Stream(person, streaming.Recorder())
  live.close()
  assert not list(live.frames())
  with pytest.raises(ValueError, match='closed'):
    live.push(streaming.noise(1))
  with pytest.raises(ValueError, match='closed'):
    live.idle()
  live.close()
  live = stream.Stream(person, streaming.Recorder())
  live.push(np.ones(1, np.float32))
  live.close()
  [frame] = live.frames()
  assert frame.sound.tolist() == [1]


@pytest.mark.parametrize(
  'options',
  [
    {'batch_sizes': (2, 4)},
    {'delay': 0.0},
    {'delay': float('nan')},
    {'delay': float('inf')},
    {'sample_rate': 0},
  ],
)
def test_bad_options(person, options):
  with pytest.raises(ValueError):
    stream.Stream(person, streaming.Recorder(), **options)
