"""Pictures are kept as they are, but for what is laid on them."""

import concurrent.futures
import dataclasses
import fractions

import av
import numpy as np
import pytest

from input_pipeline import media
from input_pipeline.media import planes, tags
from tests.made_pictures import SIZE, picture


@pytest.mark.parametrize('matrix', [1, 5, 6, 7, 9])
@pytest.mark.parametrize('full', [False, True])
@pytest.mark.parametrize('pixels', ['yuv420p', 'yuv420p10le'])
def test_a_colour_laid_on_is_seen(matrix, full, pixels):
  source = picture(pixels, matrix=matrix, full=full)
  canvas = media.Canvas(source, media.output_format(source))
  before = canvas.rgb()
  for colours in ([200, 120, 90], [255, 0, 0], [10, 10, 10], [255, 255, 255]):
    patch = np.full((20, 30, 3), colours, np.float32)
    canvas.blend((31, 11, 61, 31), patch, np.ones((20, 30), np.float32))
    seen = canvas.rgb()[13:29, 34:58].astype(int)  # off the chroma's edge
    assert np.abs(seen - colours).max() <= 2
  beyond = np.abs(canvas.rgb().astype(int) - before).max(-1)
  assert not beyond[:9].any() and not beyond[:, :29].any()


@pytest.mark.parametrize('full', [False, True])
@pytest.mark.parametrize('transfer', [16, 18])
def test_a_colour_laid_on_hdr_is_seen(transfer, full):
  source = picture('yuv420p10le', matrix=9, transfer=transfer, full=full)
  canvas = media.Canvas(source, media.output_format(source))
  # Skin, lips, teeth, hair, white, grey. In a saturated colour the least
  # channel is a small difference of large numbers: some levels there.
  for colours in (
    [200, 150, 120],
    [170, 80, 90],
    [230, 220, 200],
    [30, 25, 20],
    [255, 255, 255],
    [118, 118, 118],
    [4, 4, 4],
  ):
    patch = np.full((20, 30, 3), colours, np.float32)
    canvas.blend((31, 11, 61, 31), patch, np.ones((20, 30), np.float32))
    seen = canvas.rgb((34, 13, 58, 29)).astype(int)
    assert np.abs(seen - colours).max() <= 2


@pytest.mark.parametrize('transfer', [16, 18])
def test_hdr_white_is_where_the_standard_says(transfer):
  # ITU-R BT.2408: 203 cd/m^2 is 58 % of PQ's signal, and 75 % is HLG's.
  source = picture('yuv420p10le', matrix=9, transfer=transfer)
  canvas = media.Canvas(source, media.output_format(source))
  white = np.full((20, 30, 3), 255, np.float32)
  canvas.blend((30, 10, 60, 30), white, np.ones((20, 30), np.float32))
  signal = (int(canvas.planes[0][20, 40]) - 64) / 876
  assert signal == pytest.approx({16: 0.58, 18: 0.75}[transfer], abs=2e-3)
  np.testing.assert_array_equal(canvas.planes[1][8:12, 18:24], 512)


@pytest.mark.parametrize('pixels', ['yuv420p', 'yuv420p10le'])
def test_where_alpha_is_0_nothing_changes(pixels):
  source = picture(pixels)
  kept = [plane.copy() for plane in planes.views(source.frame)]
  canvas = media.Canvas(source, media.output_format(source))
  alpha = np.zeros((21, 31), np.float32)
  alpha[:, 9:] = np.linspace(0, 1, 22)
  colours = np.full((21, 31, 3), 77, np.float32)
  canvas.blend((11, 7, 42, 28), colours, alpha)
  for before, after in zip(kept, canvas.planes, strict=True):
    changed = np.argwhere(before != after)
    assert len(changed)
    scale = before.shape[1] / SIZE[0]
    assert changed[:, 1].min() >= int(20 * scale)
    assert changed[:, 1].max() <= 42 * scale
  # The source is another copy.
  for before, now in zip(kept, planes.views(source.frame), strict=True):
    np.testing.assert_array_equal(before, now)


def test_half_transparent_is_half_way():
  source = picture()
  canvas = media.Canvas(source, media.output_format(source))
  before = canvas.rgb((20, 20, 60, 50)).astype(float)
  colours = np.full((30, 40, 3), 100, np.float32)
  canvas.blend((20, 20, 60, 50), colours, np.full((30, 40), 0.5, np.float32))
  after = canvas.rgb((20, 20, 60, 50))[2:-2, 2:-2]
  assert np.abs(after - (before[2:-2, 2:-2] + 100) / 2).max() <= 2


def test_a_region_outside_is_refused():
  source = picture()
  canvas = media.Canvas(source, media.output_format(source))
  with pytest.raises(ValueError, match='not inside'):
    canvas.blend(
      (90, 0, 98, 4), np.zeros((4, 8, 3), np.float32), np.ones((4, 8))
    )


def write(path, format, frames, **options):
  with media.VideoWriter(path, fps=25, format=format, **options) as writer:
    for frame in frames:
      writer.write(frame)
  return list(media.read_pictures(path))


def test_frames_are_written_without_becoming_rgb(tmp_path):
  source = picture(matrix=5, full=True)
  format = media.output_format(source, pixel_aspect=fractions.Fraction(16, 11))
  path = tmp_path / 'a.mp4'
  frames = [media.Canvas(source, format).frame() for _ in range(3)]
  pictures = write(path, format, frames, crf=0)
  for found in pictures:
    assert found.frame.colorspace == 5 and tags.is_full(found.frame)
    for kept, plane in zip(
      planes.views(source.frame), planes.views(found.frame), strict=True
    ):
      np.testing.assert_array_equal(kept, plane)  # crf 0 loses nothing
  assert media.probe(path).pixel_aspect == fractions.Fraction(16, 11)


def test_pictures_have_the_times_they_are_given(tmp_path):
  source = picture()
  format = media.output_format(source)
  path = tmp_path / 'a.mp4'
  times = [fractions.Fraction(k, 1000) for k in (0, 33, 70, 500, 521)]
  end = fractions.Fraction(721, 1000)
  with media.VideoWriter(path, fps=25, format=format) as writer:
    for time, stop in zip(times, [*times[1:], end], strict=True):
      writer.write(format.frame_of(source), time=time, end=stop)
  found = list(media.read_pictures(path))
  np.testing.assert_allclose(
    [picture.time for picture in found], [float(t) for t in times], atol=1e-5
  )
  assert found[-1].end == pytest.approx(float(end), abs=1e-4)
  assert media.probe(path).duration == pytest.approx(float(end), abs=1e-3)


def test_a_frame_of_another_format_is_refused(tmp_path):
  format = media.output_format(picture())
  with pytest.raises(media.MediaError, match='Expected a frame'):
    write(tmp_path / 'a.mp4', format, [av.VideoFrame(96, 64, 'yuv420p10le')])
  assert not list(tmp_path.iterdir())


def test_threads_that_share_a_frame_see_the_same():
  """PyAV takes a frame's tags away while it converts it."""
  source = picture('yuv420p10le', matrix=9, transfer=18)
  again = dataclasses.replace(source, time=0.04)
  region = (0, 0, 32, 32)
  wanted = source.image(region)
  with concurrent.futures.ThreadPoolExecutor(1) as pool:
    other = pool.submit(lambda: [again.small(2000) for _ in range(300)])
    while not other.done():
      np.testing.assert_array_equal(source.image(region), wanted)
