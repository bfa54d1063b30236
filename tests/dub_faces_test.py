"""Several people, several sounds; enhancers; still pictures."""

import numpy as np
import pytest

import lipsync_jax
from input_pipeline import faces, media
from tests import dubbing, fakes, videos

LEFT, RIGHT = (24.0, 12.0, 72.0, 76.0), (120.0, 12.0, 168.0, 76.0)


class Pair:
  """Two faces, side by side; the right one goes where the picture is dark."""

  name = 'pair'

  def __call__(self, frame):
    boxes = [LEFT, RIGHT] if frame.mean() > 80 else [LEFT]
    return [faces.Detection(box, 0.9) for box in boxes]


def pair_picture(level=120):
  """Two halves of different colours: two people who look different."""
  image = dubbing.picture(level, width=192).copy()
  image[:, :96, 2] //= 3
  image[:, 96:, 0] //= 3
  return image


def at(path, start):
  """Two seconds of silence with noise from `start` on, for 0.4 s."""
  samples = np.zeros(32_000, np.float32)
  noise = np.random.default_rng(0).uniform(-0.4, 0.4, 6400)
  samples[round(16_000 * start) :][:6400] = noise
  return videos.write_wav(path, samples)


def brightness(shown, box):
  x = round((box[0] + box[2]) / 2)
  return np.array([frame[58:66, x - 8 : x + 8].mean() for frame in shown])


def test_two_people_say_two_things(tmp_path):
  sounds = {0: at(tmp_path / 'a.wav', 0.4), 1: at(tmp_path / 'b.wav', 1.2)}
  report, shown, generator = dubbing.run(
    tmp_path,
    [pair_picture()] * 50,
    None,
    fakes.loudness,
    detector=Pair(),
    speakers=sounds,
  )
  left, right = (brightness(shown, box) > 150 for box in (LEFT, RIGHT))
  assert left[11:19].all() and not left[:9].any() and not left[22:].any()
  assert right[31:39].all() and not right[:29].any() and not right[42:].any()
  assert set(generator.batches) == {16} and len(generator.batches) == 7
  assert (report.face, len(report.audio)) == ('0, 1', 2)
  for found, x in zip(report.faces, (48, 144), strict=True):
    assert (found.frames, found.seconds) == (50, 0.0)
    assert abs(found.x - x) < 2
  heard = np.abs(media.read_audio(tmp_path / 'out.mp4')) > 0.05
  assert heard[7000:12_000].mean() > 0.5 and heard[20_000:25_000].mean() > 0.5


def test_two_who_say_the_same_are_not_louder(tmp_path):
  sound = at(tmp_path / 'a.wav', 0.4)
  report, _, _ = dubbing.run(
    tmp_path,
    [pair_picture()] * 50,
    None,
    detector=Pair(),
    speakers={0: sound, 1: sound},
  )
  assert report.sound.startswith('a.wav: encoded')


@pytest.mark.parametrize(
  ('face', 'box'),
  [('left', LEFT), ('right', RIGHT), ('1', RIGHT), ('150,50', RIGHT)],
)
def test_one_of_two_is_chosen(tmp_path, face, box):
  sound = at(tmp_path / 'a.wav', 0.4)
  _, shown, _ = dubbing.run(
    tmp_path,
    [pair_picture()] * 50,
    sound,
    fakes.loudness,
    detector=Pair(),
    face=face,
  )
  other = RIGHT if box == LEFT else LEFT
  assert brightness(shown, box)[11:19].min() > 150
  assert brightness(shown, other).max() < 150


def test_a_chosen_face_that_goes_is_left_alone(tmp_path):
  sound = at(tmp_path / 'a.wav', 0.4)
  frames = [pair_picture()] * 25 + [pair_picture(80)] * 25
  report, _, _ = dubbing.run(
    tmp_path, frames, sound, detector=Pair(), face='right'
  )
  # At the cut the right face is chosen anew: the only one is the left.
  assert report.edited == 50
  report, _, _ = dubbing.run(tmp_path, frames, sound, detector=Pair(), face='1')
  assert report.edited == 25
  (gap,) = report.passed_through
  assert gap.reason == 'the chosen face is not in the picture'


def test_a_face_that_never_comes_is_a_warning(tmp_path):
  sound = at(tmp_path / 'a.wav', 0.4)
  report, _, _ = dubbing.run(tmp_path, [dubbing.picture()] * 5, sound, face='4')
  assert report.edited == 0 and report.faces == (None,)
  assert report.warnings[0].startswith('Face 4 was never seen')


def test_an_enhancer_may_return_a_finer_face(tmp_path):
  sound = at(tmp_path / 'a.wav', 0.4)
  seen = []

  def sharpen(made, original):
    seen.append((made.shape, original.shape))
    return np.full((192, 192, 3), made.mean((0, 1)) + (0, 60, 0), np.uint8)

  report, shown, _ = dubbing.run(
    tmp_path, [dubbing.picture()] * 10, sound, enhancer=sharpen
  )
  assert len(seen) == 50 and set(seen) == {((96, 96, 3), (96, 96, 3))}
  middle = shown[5][62, 48].astype(int)
  assert report.edited == 50 and middle[1] > middle[0] + 30


def test_an_enhancer_that_returns_nonsense_is_told(tmp_path):
  sound = at(tmp_path / 'a.wav', 0.4)
  with pytest.raises(ValueError, match='enhancer returned float32'):
    dubbing.run(
      tmp_path,
      [dubbing.picture()] * 5,
      sound,
      enhancer=lambda made, original: made.astype(np.float32),
    )


@pytest.mark.parametrize('name', ['ann.b.png', 'ann.JPG', 'ann.webp'])
def test_a_still_picture_talks(tmp_path, name):
  import cv2

  sound = at(tmp_path / 'a.wav', 0.4)
  still = tmp_path / name
  cv2.imwrite(str(still), dubbing.picture())
  report = lipsync_jax.dub(
    still,
    sound,
    tmp_path / 'out.mp4',
    generator=fakes.FakeGenerator(fakes.loudness),
    detector=fakes.FakeDetector(),
  )
  shown = [frame for _, frame in media.read_frames(tmp_path / 'out.mp4')]
  assert (report.frames, report.edited, report.fps) == (50, 50, '25')
  assert len(shown) == 50
  mouth = brightness(shown, LEFT) > 180
  assert mouth[11:19].all() and not mouth[25:].any()


def test_two_sounds_or_one(tmp_path):
  sound = at(tmp_path / 'a.wav', 0.4)
  with pytest.raises(ValueError, match='either one sound'):
    dubbing.run(tmp_path, [dubbing.picture()] * 5, sound, speakers={0: sound})
  with pytest.raises(ValueError, match='either one sound'):
    dubbing.run(tmp_path, [dubbing.picture()] * 5, None)
