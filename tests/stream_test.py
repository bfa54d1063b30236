"""Live frames: those of the whole sound, in order, whatever the pieces."""

import fractions
import tracemalloc

import numpy as np
import pytest

from input_pipeline import audio, media, tracks
from lipsync_jax.inference import paste, speech, stream
from tests import dubbing, fakes, streaming, videos

NTSC = fractions.Fraction(30000, 1001)


@pytest.fixture(scope='module')
def person():
  return streaming.person()


def run(person, samples, *, chunk=441, generator=None, **options):
  """All frames, taken after every push."""
  live = stream.Stream(person, generator or streaming.Recorder(), **options)
  frames = []
  for at in range(0, len(samples), chunk):
    live.push(samples[at : at + chunk])
    frames += live.frames()
  live.close()
  return frames + list(live.frames())


@pytest.mark.parametrize('fps', [25, NTSC])
@pytest.mark.parametrize(
  'rate, chunk', [(16_000, 441), (44_100, 441), (48_000, 7919), (8_000, 7)]
)
def test_frames_are_those_of_the_whole_sound(tmp_path, fps, rate, chunk):
  person = streaming.make_avatar(
    [dubbing.picture(80 + 8 * k) for k in range(5)], fps
  )
  path = videos.write_wav(tmp_path / 'a.wav', streaming.noise(1.3, rate), rate)
  samples = media.read_audio(path, sample_rate=rate)
  generator = streaming.Recorder()
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
    [made] = streaming.Recorder().draw(window[None], crop[None], crop[None])
    expected = paste.paste(shown, made, box, original=crop)
    assert np.abs(frame.image.astype(int) - expected).max() <= 1
    assert (frame.index, frame.time) == (k, k / person.fps)
  np.testing.assert_array_equal(
    np.concatenate([frame.sound for frame in frames]), samples
  )


def test_pieces_do_not_matter(person):
  samples = streaming.noise(1)
  whole = run(person, samples, chunk=16_000)
  for chunk in (441, 12_345):
    for one, other in zip(
      run(person, samples, chunk=chunk), whole, strict=True
    ):
      assert np.abs(one.image.astype(int) - other.image).max() <= 1
      np.testing.assert_array_equal(one.sound, other.sound)


def test_a_frame_comes_within_the_algorithmic_delay(person):
  samples = streaming.noise(1)
  live = stream.Stream(person, streaming.Recorder())
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
  generator = streaming.Recorder()
  run(person, streaming.noise(2), chunk=32_000, generator=generator)
  assert generator.batches == [16, 16, 4, 4, 4, 1, 1, 1, 1, 1, 1]
  generator = streaming.Recorder()
  run(person, streaming.noise(1), chunk=640, generator=generator)
  assert generator.batches == [1] * 25


def test_it_is_warm_for_all_sizes(person):
  generator = streaming.Recorder()
  live = stream.Stream(person, generator, batch_sizes=(1, 8))
  assert generator.batches == []
  live.warm_up()
  assert generator.batches == [8, 1]
  live.push(streaming.noise(1))
  list(live.frames())
  assert set(generator.batches) == {1, 8}


def test_frames_not_taken_stay(person):
  live = stream.Stream(person, streaming.Recorder())
  live.push(streaming.noise(1))
  indices = [next(live.frames()).index for _ in range(5)]
  indices += [frame.index for frame in live.frames()]
  assert indices == list(range(22))


def test_references_are_fixed_for_three_seconds():
  person = streaming.make_avatar([dubbing.picture(60 + k) for k in range(80)])
  generator = streaming.Recorder()
  live = stream.Stream(person, generator)
  live.push(streaming.noise(3.5))
  list(live.frames())
  crops = [tracks.crop(person.frames[k], person.box(k), 96) for k in (0, 75)]
  for k, shown in enumerate(generator.references):
    np.testing.assert_array_equal(shown, crops[k >= 75 and k <= 83])


def test_memory_does_not_grow(person):
  live = stream.Stream(person, fakes.FakeGenerator(fakes.identity))
  block, sizes = streaming.noise(2), []
  tracemalloc.start()
  for _ in range(4):
    for _ in range(2):
      live.push(block)
      for frame in live.frames():
        del frame
    sizes.append(tracemalloc.get_traced_memory()[0])
  tracemalloc.stop()
  assert max(sizes[1:]) - sizes[0] < 50_000  # 4 s of sound are 256 000
