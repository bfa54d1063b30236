"""The default quality keeps what is not edited."""

import dataclasses

import av
import cv2
import numpy as np
import pytest

from input_pipeline import media
from input_pipeline.media import planes, quality
from tests import made_pictures, videos

SIZE = (192, 144)


def moving(noise, count=30):
  """A picture that moves, with grain of so many levels."""
  rng = np.random.default_rng(0)
  size = SIZE[1] + 60, SIZE[0] + 60
  image = rng.normal(128, 700, (*size, 1)) + rng.normal(0, 150, (*size, 3))
  image = cv2.GaussianBlur(image, (0, 0), 6)
  for k in range(count):
    part = image[k : k + SIZE[1], 2 * k : 2 * k + SIZE[0]]
    grain = rng.normal(0, noise, part.shape[:2])[..., None] if noise else 0
    yield (part + grain).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope='module')
def sources(tmp_path_factory):
  folder = tmp_path_factory.mktemp('sources')
  return {
    noise: videos.write(folder / f'{noise}.mp4', list(moving(noise)), crf=4)
    for noise in (0, 0.5, 3)
  }


def format_of(path):
  return media.output_format(next(media.read_pictures(path)))


def worst(source, path, format):
  """dB of the frame that differs most, in YUV and in RGB."""
  found = []
  pairs = zip(
    media.read_pictures(source), media.read_pictures(path), strict=True
  )
  for before, after in pairs:
    yuv = quality.psnr(
      planes.views(after.frame),
      planes.views(format.frame_of(before)),
      2**format.bits - 1,
    )
    found.append((yuv, made_pictures.psnr(after.image(), before.image())))
  return np.min(found, 0)


def write(path, source, format, crf):
  with media.VideoWriter(path, fps=25, format=format, crf=crf) as writer:
    for picture in media.read_pictures(source):
      writer.write(format.frame_of(picture))
  return path


@pytest.mark.parametrize('noise', [0, 0.5, 3])
def test_every_frame_stays_above_45_db(sources, tmp_path, noise):
  format = format_of(sources[noise])
  crf = media.choose_crf(sources[noise], format)
  written = write(tmp_path / 'a.mp4', sources[noise], format, crf)
  yuv, rgb = worst(sources[noise], written, format)
  assert rgb > 45 and yuv > 45
  assert media.choose_crf(sources[noise], format) == crf


def test_grain_needs_a_finer_coding(sources):
  found = [media.choose_crf(path, format_of(path)) for path in sources.values()]
  assert found[0] > found[1] > found[2] >= 2


def test_it_is_no_finer_than_needed(sources, tmp_path):
  format = format_of(sources[0.5])
  crf = media.choose_crf(sources[0.5], format)
  written = write(tmp_path / 'a.mp4', sources[0.5], format, crf + 4)
  assert worst(sources[0.5], written, format)[1] < 46
  assert media.choose_crf(sources[0.5], format, least=35) > crf
  assert media.choose_crf(sources[0.5], format, least=99) == 2


@pytest.mark.parametrize('transfer', [1, 16])
def test_ten_bits(sources, tmp_path, transfer):
  first = format_of(sources[0.5])
  format = dataclasses.replace(
    first, pixels='yuv420p10le', matrix=9, primaries=9, transfer=transfer
  )
  source = tmp_path / 'source.mp4'
  with media.VideoWriter(source, fps=25, format=format, crf=4) as writer:
    for _, frame in media.read_frames(sources[0.5], stop=0.5):
      writer.write(frame)
  crf = media.choose_crf(source, format)
  written = write(tmp_path / 'a.mp4', source, format, crf)
  yuv, rgb = worst(source, written, format)
  assert yuv > 45 and (rgb > 45 or crf == 2)


def test_sources_that_cannot_be_searched(sources, tmp_path):
  still = tmp_path / 'still.png'
  cv2.imwrite(str(still), next(moving(0)))
  assert media.choose_crf(still, format_of(still)) <= 18
  raw = tmp_path / 'a.h264'
  with (
    av.open(str(sources[0.5])) as container,
    av.open(str(raw), 'w') as output,
  ):
    stream = container.streams.video[0]
    copy = output.add_stream_from_template(stream)
    for packet in container.demux(stream):
      if packet.dts is not None:
        packet.stream = copy
        output.mux(packet)
  assert media.choose_crf(raw, format_of(raw)) < 18
  (tmp_path / 'b.mp4').write_bytes(b'no video' * 99)
  with pytest.raises(media.MediaError, match='b.mp4'):
    media.choose_crf(tmp_path / 'b.mp4', format_of(raw))
