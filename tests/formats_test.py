"""What a source's pictures become, and that a viewer sees the same."""

import av
import numpy as np
import pytest

from input_pipeline import media
from input_pipeline.media import colour, planes
from tests.made_pictures import SIZE, decoded, of_kind, picture, psnr, waves

# What it becomes, what is said of it.
KINDS = {
  'yuv420p': ('yuv420p', ()),
  'yuvj420p': ('yuv420p', ()),
  'nv12': ('yuv420p', ()),
  'gray': ('yuv420p', ()),
  'yuv422p': ('yuv420p', ('4:2:2 to 4:2:0',)),
  'uyvy422': ('yuv420p', ('4:2:2 to 4:2:0',)),
  'yuvj444p': ('yuv420p', ('4:4:4 to 4:2:0',)),
  'yuv411p': ('yuv420p', ('4:1:1 to 4:2:0',)),
  'yuv410p': ('yuv420p', ('4:1:0 to 4:2:0',)),
  'yuva420p': ('yuv420p', ('transparency left out',)),
  'rgb24': ('yuv420p', ('RGB to 4:2:0',)),
  'bgra': ('yuv420p', ('RGB to 4:2:0', 'transparency left out')),
  'gbrp10le': ('yuv420p10le', ('RGB to 4:2:0',)),
  'yuv420p10le': ('yuv420p10le', ()),
  'yuv420p10be': ('yuv420p10le', ()),
  'p010le': ('yuv420p10le', ()),
  'gray16le': ('yuv420p10le', ('16 bit to 10 bit',)),
  'yuv422p10le': ('yuv420p10le', ('4:2:2 to 4:2:0',)),
  'yuv444p12le': ('yuv420p10le', ('12 bit to 10 bit', '4:4:4 to 4:2:0')),
  'rgb48be': ('yuv420p10le', ('16 bit to 10 bit', 'RGB to 4:2:0')),
}


@pytest.mark.parametrize('full', [False, True])
@pytest.mark.parametrize('kind', KINDS)
def test_a_viewer_sees_the_same(kind, full):
  full = full or kind.startswith('yuvj')
  source = of_kind(kind, full=full)
  format = media.output_format(source)
  assert (format.pixels, format.changes) == KINDS[kind]
  assert format.full_range == (full and not source.frame.format.is_rgb)
  result = format.frame_of(source)
  assert result.format.name == format.pixels
  seen = colour.Converter().rgb(result)
  assert psnr(seen, source.image()) > 45
  if kind in ('yuv420p', 'yuvj420p', 'yuv420p10le'):
    for ours, theirs in zip(
      planes.views(result), planes.views(source.frame), strict=True
    ):
      np.testing.assert_array_equal(ours, theirs)


def test_a_palette_becomes_its_colours():
  indices = np.repeat(np.arange(4, dtype=np.uint8), 16)
  indices = np.tile(indices, (32, 1))
  palette = np.zeros((256, 4), np.uint8)
  palette[:4] = (
    [255, 200, 40, 40],
    [255, 40, 180, 60],
    [255] * 4,
    [255, 9, 9, 9],
  )
  frame = av.VideoFrame.from_ndarray((indices, palette), 'pal8')
  source = decoded(frame)
  format = media.output_format(source)
  assert (format.pixels, format.matrix) == ('yuv420p', 6)
  seen = colour.Converter().rgb(format.frame_of(source))[8:24, 4::16]
  assert np.abs(seen.astype(int) - palette[:4, 1:]).max() <= 2


@pytest.mark.parametrize('size', [SIZE, (95, 64), (96, 63), (95, 63)])
@pytest.mark.parametrize('rotation', [0, 90, 180, -90])
@pytest.mark.parametrize('pixels', ['yuv420p', 'yuv420p10le'])
def test_rotated_and_odd_pictures_stay_in_place(
  tmp_path, pixels, rotation, size
):
  path = tmp_path / 'a.mkv'
  kind = 'yuv444p' if pixels == 'yuv420p' else 'yuv444p10le'
  with av.open(str(path), 'w') as container:
    stream = container.add_stream('ffv1', 25)
    (stream.width, stream.height), stream.pix_fmt = size, kind
    stream.set_display_rotation(rotation)
    image = av.VideoFrame.from_ndarray(waves(*size), 'rgb24')
    image = image.reformat(format=kind)
    container.mux([*stream.encode(image), *stream.encode(None)])
  [stored] = media.read_pictures(path)
  # As a decoder of 4:2:0 hands it over, with the rotation of the file.
  halved = decoded(
    colour.Converter().yuv(
      stored.frame,
      pixels,
      matrix=6,
      full_range=False,
      width=size[0],
      height=size[1],
    )
  )
  assert halved.turns == stored.turns == rotation // 90 % 4
  format = media.output_format(halved)
  width, height = halved.size
  assert (format.width, format.height) == (width // 2 * 2, height // 2 * 2)
  assert len(format.changes) == width % 2 + height % 2
  seen = colour.Converter().rgb(format.frame_of(halved))
  kept = halved.image()[: format.height, : format.width]
  inside = slice(4, -4)  # chroma at a cut edge has no neighbour any more
  # The scaler stretches an odd width's chroma, though the planes are the same.
  least = 45 if rotation else 42
  assert psnr(seen[inside, inside], kept[inside, inside]) > least
  if not rotation:
    ours = planes.views(format.frame_of(halved))
    for plane, theirs in zip(ours, planes.views(halved.frame), strict=True):
      height, width = plane.shape
      np.testing.assert_array_equal(plane, theirs[:height, :width])


@pytest.mark.parametrize('rotation', [90, 180, -90])
def test_a_region_of_a_rotated_picture(tmp_path, rotation):
  path = tmp_path / 'a.mp4'
  with av.open(str(path), 'w') as container:
    stream = container.add_stream('libx264', 25)
    (stream.width, stream.height), stream.pix_fmt = SIZE, 'yuv420p'
    stream.set_display_rotation(rotation)
    frame = picture().frame
    container.mux([*stream.encode(frame), *stream.encode(None)])
  [source] = media.read_pictures(path)
  part = source.image((10, 6, 51, 63))
  np.testing.assert_array_equal(part, source.image()[6:63, 10:51])


@pytest.mark.parametrize(
  'size, transfer, expected',
  [
    ((320, 240), 2, (6, 2, 6)),
    ((1280, 720), 2, (1, 1, 1)),
    ((720, 1280), 2, (1, 1, 1)),
    ((320, 240), 16, (9, 9, 16)),
  ],
)
def test_open_tags_become_what_is_assumed(size, transfer, expected):
  frame = av.VideoFrame(*size, 'yuv420p10le')
  frame.color_trc = transfer
  format = media.output_format(decoded(frame))
  assert (format.matrix, format.primaries, format.transfer) == expected


def test_a_strip_of_one_pixel_is_refused():
  with pytest.raises(media.MediaError, match='two pixels'):
    media.output_format(decoded(av.VideoFrame(1, 64, 'rgb24')))


def test_a_picture_of_another_size_is_scaled():
  format = media.output_format(picture(size=(192, 128)))
  for small in (picture(), picture('yuv420p10le'), of_kind('rgb24')):
    result = format.frame_of(small)
    seen = colour.Converter().rgb(result)
    assert psnr(seen, waves(192, 128)) > 30
