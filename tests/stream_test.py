"""Live frames: those of the whole sound, in order, whatever the pieces."""

import fractions
import tracemalloc

import numpy as np
import pytest

from input_pipeline import alignment, audio, media, tracks
from lipsync_jax.inference import avatar as avatars
from lipsync_jax.inference import paste, speech, stream
from tests import dubbing, fakes, videos

NTSC = fractions.Fraction(30000, 1001)


def noise(seconds, rate=16_000):
  """Louder and quieter, so that every window is another."""
  rng = np.random.default_rng(0)
  samples = rng.uniform(-0.5, 0.5, round(seconds * rate))
  return (samples * np.sin(np.arange(len(samples)) / rate * 9)).astype('f4')


@pytest.fixture(scope='module')
def person():
  """Seven pictures, told apart by their grey."""
  pictures = [dubbing.picture(80 + 8 * k) for k in range(7)]
  return make_avatar(pictures)


def make_avatar(pictures, fps=25):
  boxes = np.array([(48 + k / 7, 44, 61) for k in range(len(pictures))])
  jpegs = [avatars.records.encode_frame(picture) for picture in pictures]
  return avatars.Avatar(jpegs, boxes, fractions.Fraction(fps))


class Recorder(fakes.FakeGenerator):
  """Keeps what it is given; the lips show the window's loudness."""

  def __init__(self):
    super().__init__(self._draw)
    self.windows, self.references = [], []

  def _draw(self, mel, faces, reference):
    self.windows.extend(mel)
    self.references.extend(reference)
    made = faces.copy()
    made[:, 48:] = (128 + 30 * mel.mean((1, 2)))[:, None, None]
    return made


def run(person, samples, *, chunk=441, generator=None, **options):
  """All frames, taken after every push."""
  live = stream.Stream(person, generator or Recorder(), **options)
  frames = []
  for at in range(0, len(samples), chunk):
    live.push(samples[at : at + chunk])
    frames += live.frames()
  live.close()
  return frames + list(live.frames())


@pytest.mark.parametrize('fps', [25, NTSC])
@pytest.mark.parametrize(
  'rate, chunk', [(16_000, 441), (44_100, 441), (48_000, 7919), (8_000, 1)]
)
def test_frames_are_those_of_the_whole_sound(tmp_path, fps, rate, chunk):
  person = make_avatar([dubbing.picture(80 + 8 * k) for k in range(5)], fps)
  path = videos.write_wav(tmp_path / 'a.wav', noise(1.3, rate), rate)
  samples = media.read_audio(path, sample_rate=rate)
  generator = Recorder()
  frames = run(
    person, samples, chunk=chunk, generator=generator, sample_rate=rate
  )
  # The same by the pieces that dubbing uses, from the file.
  mel = audio.mel_spectrogram(media.read_audio(path))
  windows = speech.Windows([mel])
  assert len(frames) == -(-13 * person.fps // 10)
  for k, frame in enumerate(frames):
    number = (0, 1, 2, 3, 4, 3, 2, 1)[k % 8]
    shown, box = person.frames[number], person.box(number)
    window = windows.at(fractions.Fraction(2 * k + 1, 2) / person.fps)
    np.testing.assert_allclose(generator.windows[k], window, atol=1e-4)
    crop = tracks.crop(shown, box, 96)
    [made] = Recorder().draw(window[None], crop[None], crop[None])
    expected = paste.paste(shown, made, box, original=crop)
    assert np.abs(frame.image.astype(int) - expected).max() <= 1
    assert (frame.index, frame.time) == (k, k / person.fps)
  np.testing.assert_array_equal(
    np.concatenate([frame.sound for frame in frames]), samples
  )


def test_pieces_do_not_matter(person):
  samples = noise(1)
  whole = run(person, samples, chunk=16_000)
  for chunk in (441, 12_345):
    for one, other in zip(
      run(person, samples, chunk=chunk), whole, strict=True
    ):
      assert np.abs(one.image.astype(int) - other.image).max() <= 1
      np.testing.assert_array_equal(one.sound, other.sound)


def test_a_frame_comes_within_the_algorithmic_delay(person):
  samples = noise(1)
  live = stream.Stream(person, Recorder())
  assert live.algorithmic_delay * 1000 == pytest.approx(132.56, abs=0.01)
  pushed, waits = 0, []
  for at in range(0, 16_000, 10):
    live.push(samples[at : at + 10])
    pushed += 10
    waits += [pushed / 16_000 - frame.time for frame in live.frames()]
  assert max(waits) < live.algorithmic_delay + 10 / 16_000
  # Windows begin on whole rows of 12.5 ms.
  assert min(waits) > live.algorithmic_delay - 0.0126


def test_batches_are_never_padded(person):
  generator = Recorder()
  run(person, noise(2), chunk=32_000, generator=generator)
  assert generator.batches == [16, 16, 4, 4, 4, 1, 1, 1, 1, 1, 1]
  generator = Recorder()
  run(person, noise(1), chunk=640, generator=generator)
  assert generator.batches == [1] * 25


def test_it_is_warm_for_all_sizes(person):
  generator = Recorder()
  live = stream.Stream(person, generator, batch_sizes=(1, 8))
  assert generator.batches == []
  live.warm_up()
  assert generator.batches == [8, 1]
  live.push(noise(1))
  list(live.frames())
  assert set(generator.batches) == {1, 8}


def test_frames_not_taken_stay(person):
  live = stream.Stream(person, Recorder())
  live.push(noise(1))
  indices = [next(live.frames()).index for _ in range(5)]
  indices += [frame.index for frame in live.frames()]
  assert indices == list(range(22))


def test_late_sound_is_waited_for_with_silence(person):
  samples, generator = noise(1), Recorder()
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
  generator = Recorder()
  live = stream.Stream(person, generator)
  frames = [live.idle() for _ in range(30)]
  assert len(generator.batches) == 7
  assert all((w == alignment.audio.SILENCE).all() for w in generator.windows)
  # To and fro, while nobody speaks.
  np.testing.assert_array_equal(frames[1].image, frames[11].image)
  assert (frames[1].image != frames[2].image).any()


def test_idle_gives_what_is_ready_first(person):
  live = stream.Stream(person, Recorder())
  live.push(noise(0.2))
  assert [live.idle().how for _ in range(3)] == ['drawn', 'drawn', 'idle']


def test_too_slow_a_machine_repeats_pictures_but_no_sound(person):
  samples = noise(2)
  live = stream.Stream(person, Recorder(), delay=0.2)
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


def test_references_are_fixed_for_three_seconds():
  person = make_avatar([dubbing.picture(60 + k) for k in range(80)])
  generator = Recorder()
  live = stream.Stream(person, generator)
  live.push(noise(3.5))
  list(live.frames())
  crops = [tracks.crop(person.frames[k], person.box(k), 96) for k in (0, 75)]
  for k, shown in enumerate(generator.references):
    np.testing.assert_array_equal(shown, crops[k >= 75 and k <= 83])


def test_memory_does_not_grow(person):
  live = stream.Stream(person, fakes.FakeGenerator(fakes.identity))
  block, sizes = noise(2), []
  tracemalloc.start()
  for _ in range(4):
    for _ in range(2):
      live.push(block)
      for frame in live.frames():
        del frame
    sizes.append(tracemalloc.get_traced_memory()[0])
  tracemalloc.stop()
  assert max(sizes[1:]) - sizes[0] < 50_000  # 4 s of sound are 256 000


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
  live = stream.Stream(person, Recorder())
  with pytest.raises(ValueError):
    live.push(samples)
  assert not list(live.frames())


def test_a_closed_stream(person):
  live = stream.Stream(person, Recorder())
  live.close()
  assert not list(live.frames())
  with pytest.raises(ValueError, match='closed'):
    live.push(noise(1))
  with pytest.raises(ValueError, match='closed'):
    live.idle()
  live.close()
  [frame] = run(person, np.ones(1, np.float32))
  assert frame.sound.tolist() == [1]


@pytest.mark.parametrize('options', [{'batch_sizes': (2, 4)}, {'delay': 0.0}])
def test_bad_options(person, options):
  with pytest.raises(ValueError):
    stream.Stream(person, Recorder(), **options)
