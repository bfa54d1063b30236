"""Pictures survive reading and writing, in time and in colour."""

import concurrent.futures
import dataclasses
import fractions

import av
import numpy as np
import pytest

from input_pipeline import media
from input_pipeline.media import colour
from tests import pictures, videos

NTSC = fractions.Fraction(30000, 1001)


def numbers(frames):
  return [videos.number(frame) for _, frame in frames]


@pytest.mark.parametrize('fps', [25, NTSC, 50])
def test_every_frame_comes_back_at_its_time(tmp_path, fps):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(60), fps)
  info = media.probe(path)
  assert (info.width, info.height) == (videos.WIDTH, videos.HEIGHT)
  assert (info.fps, info.has_audio, info.codec) == (fps, False, 'h264')
  assert info.duration == pytest.approx(60 / fps, abs=1e-3)
  times, frames = zip(*media.read_frames(path), strict=True)
  assert [videos.number(frame) for frame in frames] == list(range(60))
  np.testing.assert_allclose(
    times, [float(k / fps) for k in range(60)], atol=1e-4
  )


def test_resampling_drops_and_repeats_by_time(tmp_path):
  fast = videos.write(tmp_path / 'a.mp4', videos.ramp(60), 50)
  assert numbers(media.read_frames(fast, fps=25)) == list(range(0, 60, 2))
  slow = videos.write(tmp_path / 'b.mp4', videos.ramp(20), 25)
  shown = numbers(media.read_frames(slow, fps=50))
  assert shown == [k // 2 for k in range(40)]


def test_resampling_to_its_own_rate_changes_nothing(tmp_path):
  milliseconds = [round(1000 * k / NTSC) for k in range(60)]  # as Matroska does
  unit = fractions.Fraction(1, 1000)
  path = videos.write_raw(tmp_path / 'a.mkv', milliseconds, unit)
  assert numbers(media.read_frames(path, fps=NTSC)) == list(range(60))


def test_variable_timestamps(tmp_path):
  hundredths = [0, 4, 8, 24, 28, 32]  # the frame of 0.08 s stays until 0.24 s
  unit = fractions.Fraction(1, 100)
  path = videos.write_raw(tmp_path / 'a.mkv', hundredths, unit)
  times, frames = zip(*media.read_frames(path, fps=25), strict=True)
  shown = [videos.number(frame) for frame in frames]
  assert shown == [0, 1, 2, 2, 2, 2, 3, 4, 5]
  np.testing.assert_allclose(times, np.arange(9) / 25)


def test_start_and_stop(tmp_path):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(70))
  part = media.read_frames(path, start=1.0, stop=2.0)
  assert numbers(part) == list(range(25, 50))
  part = media.read_frames(path, fps=5, start=0.9, stop=2.0)
  assert numbers(part) == [25, 30, 35, 40, 45]


@pytest.mark.parametrize('rotation', [90, 180, -90])
def test_rotation_puts_the_picture_upright(tmp_path, rotation):
  path = tmp_path / 'a.mp4'
  image = np.zeros((videos.HEIGHT, videos.WIDTH, 3), np.uint8)
  image[:24, :32] = 255  # stored with its top left quarter white
  with av.open(str(path), 'w') as container:
    stream = container.add_stream('libx264', 25)
    stream.height, stream.width = image.shape[:2]
    stream.pix_fmt = 'yuv420p'
    stream.set_display_rotation(rotation)
    picture = av.VideoFrame.from_ndarray(image, 'rgb24')
    container.mux([*stream.encode(picture), *stream.encode(None)])
  _, frame = next(media.read_frames(path))
  info = media.probe(path)
  assert frame.shape == (info.height, info.width, 3)
  upright = np.rot90(image, rotation // 90)  # counter-clockwise
  assert np.abs(frame.astype(int) - upright).mean() < 5


@pytest.mark.parametrize('size', [(320, 240), (1280, 720)])  # BT.601, BT.709
def test_colours_survive_a_round_trip(tmp_path, size):
  width, height = size
  y, x = np.mgrid[:height, :width] / height
  waves = [np.sin(5 * x), np.cos(4 * y + x), np.sin(3 * x + 3 * y)]
  image = (128 + 90 * np.stack(waves, -1)).round().astype(np.uint8)
  path = videos.write(tmp_path / 'a.mp4', [image] * 3, crf=18)
  *_, (_, frame) = media.read_frames(path)
  error = frame.astype(float) - image
  assert np.abs(error.mean((0, 1))).max() < 0.3
  assert 10 * np.log10(255**2 / np.mean(error**2)) > 42


@pytest.mark.parametrize('matrix', [0, 1, 2, 5, 8, 9, 10])
@pytest.mark.parametrize('layout', ['yuv420p', 'yuvj420p', 'yuv420p10le'])
def test_any_layout_and_matrix_becomes_rgb(layout, matrix):
  grey = np.full((32, 48, 3), 150, np.uint8)
  frame = av.VideoFrame.from_ndarray(grey, 'rgb24').reformat(format=layout)
  frame.colorspace = matrix  # grey is grey in all of them
  assert np.abs(colour.Converter().rgb(frame).astype(int) - 150).max() <= 2


def test_metadata_is_kept(tmp_path):
  tags = {'comment': 'by hand'}
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(3), metadata=tags)
  with av.open(str(path)) as container:
    assert container.metadata['comment'] == 'by hand'


def test_pixels_that_are_not_square_stay_so(tmp_path):
  shape = fractions.Fraction(16, 15)
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(3), pixel_aspect=shape)
  assert media.probe(path).pixel_aspect == shape


def test_odd_sizes_are_refused_and_nothing_is_written(tmp_path):
  with pytest.raises(media.MediaError, match='even'):
    media.VideoWriter(tmp_path / 'a.mp4', width=63, height=48, fps=25)
  assert not list(tmp_path.iterdir())


def test_an_exception_leaves_no_file(tmp_path):
  path = tmp_path / 'a.mp4'
  with pytest.raises(RuntimeError, match='on purpose'):
    with media.VideoWriter(path, width=64, height=48, fps=25) as writer:
      writer.write(videos.ramp(1)[0])
      raise RuntimeError('on purpose')
  assert not list(tmp_path.iterdir())


def test_a_region_is_a_slice_of_the_whole(tmp_path, rng):
  noise = rng.integers(0, 256, (1, 90, 130, 3), np.uint8)
  path = videos.write(tmp_path / 'a.mp4', noise)
  [picture] = media.read_pictures(path)
  whole = picture.image()
  assert picture.size == (130, 90) and picture.nbytes == whole.nbytes
  for region in ((0, 0, 130, 90), (5, 7, 6, 8), (61, 33, 130, 90)):
    x0, y0, x1, y1 = region
    np.testing.assert_array_equal(
      picture.image(region), whole[y0:y1, x0:x1], err_msg=f'{region}'
    )


def test_a_small_picture_is_like_the_large_one(tmp_path):
  left = np.zeros((1, 96, 192, 3), np.uint8)
  left[:, :, :96] = 200, 40, 90
  [picture] = media.read_pictures(videos.write(tmp_path / 'a.mp4', left))
  small, scale = picture.small(48)
  assert small.shape == (24, 48, 3) and scale == 4
  assert np.abs(small[12, 4].astype(int) - (200, 40, 90)).max() <= 4
  assert picture.small(500)[1] == 1
  assert picture.grey(20, 10).shape == (10, 20)


def test_a_converter_serves_several_threads():
  rng = np.random.default_rng(0)
  converter = colour.Converter()
  images = rng.integers(0, 255, (8, 96, 128, 3), np.uint8)
  found = [pictures.picture(image) for image in images]
  pool = concurrent.futures.ThreadPoolExecutor(8)

  def convert(k):
    picture = dataclasses.replace(found[k], converter=converter)
    return picture.small(60)[0], picture.image((8, 8, 72, 72))

  expected = [convert(k) for k in range(8)]
  for _ in range(20):
    for ours, theirs in zip(pool.map(convert, range(8)), expected, strict=True):
      np.testing.assert_array_equal(ours[0], theirs[0])
      np.testing.assert_array_equal(ours[1], theirs[1])
  pool.shutdown()


def test_a_sound_has_no_pictures(tmp_path):
  path = videos.write_wav(tmp_path / 'a.wav', np.zeros(16_000))
  with pytest.raises(media.MediaError, match='holds no video'):
    next(media.read_pictures(path))


def test_repeatable_pictures_are_coded_without_the_macroblock_tree(tmp_path):
  # The switch itself; that it cures what it is for takes dozens of runs beside
  # JAX to see, see `encoding.open_video`.
  for name, repeatable in (('a', True), ('b', False)):
    path = tmp_path / f'{name}.mp4'
    videos.write(path, videos.ramp(3), repeatable=repeatable)
    assert (b'mbtree=0' in path.read_bytes()) == repeatable
