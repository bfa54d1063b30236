"""Pictures of every format come back from a file as they were written."""

import dataclasses
import fractions

import av
import numpy as np
import pytest

from input_pipeline import media
from input_pipeline.media import chroma, encoding, planes, tags
from tests.made_pictures import decoded, picture, psnr


@pytest.mark.parametrize(
  'pixels, matrix, primaries, transfer, full',
  [
    ('yuv420p', 1, 1, 1, False),
    ('yuv420p', 5, 5, 6, True),
    ('yuv420p', 6, 6, 6, False),
    ('yuv420p', 9, 9, 14, False),
    ('yuv420p10le', 1, 1, 1, True),
    ('yuv420p10le', 9, 9, 16, False),
    ('yuv420p10le', 9, 9, 18, False),
  ],
)
def test_what_is_written_comes_back(
  tmp_path, pixels, matrix, primaries, transfer, full
):
  source = picture(pixels, matrix=matrix, transfer=transfer, full=full)
  source.frame.color_primaries = primaries
  format = media.output_format(source, pixel_aspect=fractions.Fraction(4, 3))
  path = tmp_path / 'a.mp4'
  with media.VideoWriter(path, fps=25, format=format, crf=1) as writer:
    for _ in range(3):
      writer.write(format.frame_of(source))
  for found in media.read_pictures(path):
    frame = found.frame
    assert tags.tags(frame) == (matrix, primaries, transfer)
    assert tags.is_full(frame) == full
    for ours, theirs in zip(
      planes.views(frame), planes.views(source.frame), strict=True
    ):
      assert psnr(ours, theirs, 255 if pixels == 'yuv420p' else 1023) > 45
    assert psnr(found.image(), source.image()) > 43
  info = media.probe(path)
  assert info.pixel_aspect == fractions.Fraction(4, 3)
  assert info.codec == {8: 'h264', 10: 'hevc'}[format.bits]
  if format.bits == 10:
    with av.open(str(path)) as container:
      assert container.streams.video[0].codec_context.codec_tag == 'hvc1'


@pytest.mark.parametrize('pixels', ['yuv420p', 'yuv420p10le'])
def test_tags_no_coder_knows_become_what_is_assumed(tmp_path, pixels):
  frame = av.VideoFrame(64, 48, pixels)
  frame.colorspace, frame.color_primaries, frame.color_trc = 3, 22, 19
  source = decoded(frame)
  format = media.output_format(source)
  assert (format.matrix, format.primaries, format.transfer) == (6, 2, 6)
  with media.VideoWriter(tmp_path / 'a.mp4', fps=25, format=format) as writer:
    writer.write(format.frame_of(source))


def test_the_smallest_pictures(tmp_path):
  source = decoded(av.VideoFrame(6, 2, 'yuv420p10le'))
  format = media.output_format(source)
  assert format.pixels == 'yuv420p'  # x265 would not start
  assert '10 bit to 8 bit' in format.changes
  with media.VideoWriter(tmp_path / 'a.mp4', fps=25, format=format) as writer:
    writer.write(format.frame_of(source))
  assert media.probe(tmp_path / 'a.mp4').width == 6


# H.273: 0 left, 1 centre, 2 top left, 3 top, 5 bottom.
@pytest.mark.parametrize('kind', ['yuv420p', 'yuv420p10le'])
@pytest.mark.parametrize(
  'written, rotation, expected',
  [(0, 0, 0), (1, 0, 1), (2, 0, 2), (0, 90, 5), (0, -90, 3), (1, 180, 1)],
)
def test_chroma_stays_where_it_is(tmp_path, kind, written, rotation, expected):
  first = picture(kind)
  format = dataclasses.replace(
    media.output_format(first), chroma_location=written
  )
  source, path = tmp_path / 'source.mp4', tmp_path / 'a.mp4'
  rate = fractions.Fraction(25)
  with av.open(str(source), 'w') as container:
    stream = encoding.open_video(
      container, format, fps=rate, time_base=1 / rate, crf=4
    )
    stream.set_display_rotation(rotation)
    for frame in (first.frame, None):
      container.mux(encoding.encode(stream, frame))
  [before] = media.read_pictures(source)
  found = media.output_format(before)
  assert found.chroma_location == expected
  seen = media.Canvas(before, found).rgb((8, 8, 40, 40)).astype(int)
  # Rounded across before down, or down before across.
  assert np.abs(seen - before.image((8, 8, 40, 40))).max() <= bool(rotation)
  with media.VideoWriter(path, fps=25, format=found, crf=4) as writer:
    writer.write(found.frame_of(before))
  [after] = media.read_pictures(path)
  assert chroma.location(after.frame) == expected


@pytest.mark.parametrize('count', [1, 2, 3])
def test_few_frames_of_ten_bits(tmp_path, count):
  source = picture('yuv420p10le')
  format = media.output_format(source)
  for attempt in range(4):  # x265's mistake is one of chance
    path = tmp_path / f'{attempt}.mp4'
    with media.VideoWriter(path, fps=25, format=format) as writer:
      for _ in range(count):
        writer.write(format.frame_of(source))
    times = [found.time for found in media.read_pictures(path)]
    np.testing.assert_allclose(times, np.arange(count) / 25, atol=1e-3)


def test_hdr10_metadata_is_kept(tmp_path):
  source = picture('yuv420p10le', matrix=9, transfer=16)
  light = (
    'master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)'
    'L(10000000,50):max-cll=1000,400'
  )
  format = dataclasses.replace(media.output_format(source), light=light)
  path = tmp_path / 'a.mp4'
  with media.VideoWriter(path, fps=25, format=format) as writer:
    for _ in range(3):
      writer.write(format.frame_of(source))
  for found in media.read_pictures(path):
    parts = set(media.output_format(found).light.split(':'))
    assert parts == set(light.split(':'))
