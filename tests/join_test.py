"""One file out of parts: every packet and every time is kept."""

import fractions
import itertools
import resource

import av
import numpy as np
import pytest

from input_pipeline import media
from tests import clicks, videos

MILLISECOND = fractions.Fraction(1, 1000)


@pytest.fixture(scope='module')
def picture(tmp_path_factory):
  folder = tmp_path_factory.mktemp('picture')
  return videos.write(folder / 'v.mp4', videos.ramp(20))


@pytest.mark.parametrize('suffix', ['mp4', 'mov', 'mkv'])
@pytest.mark.parametrize('fps', [25, fractions.Fraction(24000, 1001), 60])
def test_parts_become_one(tmp_path, fps, suffix):
  frames = videos.ramp(70)
  cuts = [0, 1, 30, 32, 70]
  parts = [
    videos.write(tmp_path / f'{low}.mp4', frames[low:high], fps)
    for low, high in itertools.pairwise(cuts)
  ]
  output = tmp_path / f'out.{suffix}'
  starts = [low / fractions.Fraction(fps) for low in cuts[:-1]]
  media.join(parts, output, starts=starts)
  timing = media.timing(output)
  assert (timing.fps, timing.constant) == (fps, True)
  assert timing.times == pytest.approx(np.arange(70) / float(fps), abs=1e-3)
  shown = [videos.number(frame) for _, frame in media.read_frames(output)]
  assert shown == list(range(70))
  given = [packet for part in parts for packet in clicks.payload(part, 'video')]
  assert clicks.payload(output, 'video') == given


@pytest.mark.parametrize('suffix', ['mp4', 'mov', 'mkv'])
def test_parts_of_a_variable_rate(tmp_path, suffix):
  times = np.cumsum([0, *[40, 15, 90, 33, 7, 61] * 5])
  times = [fractions.Fraction(int(time), 1000) for time in times]
  cuts = [0, 12, 14, 31]
  frames = videos.ramp(31)
  ends = [*times[1:], times[-1] + fractions.Fraction(1, 5)]
  parts = []
  for low, high in itertools.pairwise(cuts):
    parts.append(tmp_path / f'{low}.mp4')
    with media.VideoWriter(parts[-1], width=64, height=48, fps=25) as writer:
      for k in range(low, high):
        own = {'time': times[k] - times[low], 'end': ends[k] - times[low]}
        writer.write(frames[k], **own)
  output = tmp_path / f'out.{suffix}'
  media.join(parts, output, starts=[times[low] for low in cuts[:-1]])
  found = media.timing(output)
  assert not found.constant
  np.testing.assert_allclose(found.times, np.float64(times), atol=1e-6)
  assert found.end == pytest.approx(float(ends[-1]), abs=1e-6)


def test_reordered_parts_of_a_variable_rate(tmp_path):
  """Their decoding times overlap: the second asks for more time to sort."""
  times = np.cumsum([0, *[10, 12, 9, 11] * 3, *[90, 70, 95, 80] * 3])
  cuts = [0, 12, 25]
  parts, starts = [], []
  for low, high in itertools.pairwise(cuts):
    own = (times[low:high] - times[low]).tolist()
    path = tmp_path / f'{low}.mp4'
    parts.append(videos.write_raw(path, own, MILLISECOND))
    starts.append(fractions.Fraction(int(times[low]), 1000))
  output = tmp_path / 'out.mp4'
  media.join(parts, output, starts=starts)
  found = media.timing(output)
  np.testing.assert_allclose(found.times, times / 1000, atol=1e-6)
  shown = [videos.number(frame) for _, frame in media.read_frames(output)]
  assert shown == [*range(12), *range(13)]


def test_what_is_said_in_the_header(tmp_path, picture):
  output = tmp_path / 'out.mp4'
  media.join([picture], output, metadata={'comment': 'by hand'})
  with av.open(str(output)) as container:
    assert container.metadata['comment'] == 'by hand'
  data = output.read_bytes()
  assert data.index(b'moov') < data.index(b'mdat')  # plays while it loads
  given, got = (
    next(media.read_pictures(path)).frame for path in (picture, output)
  )
  assert got.colorspace == given.colorspace
  assert got.color_range == given.color_range
  assert list(tmp_path.iterdir()) == [output]


def test_hevc_is_tagged_as_apple_asks(tmp_path):
  path = tmp_path / 'a.mp4'
  with av.open(str(path), 'w') as container:
    options = {'x265-params': 'log-level=none:pools=1'}
    stream = container.add_stream('libx265', 25, options)
    stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p10le'
    for frame in videos.ramp(8):
      picture = av.VideoFrame.from_ndarray(frame, 'rgb24')
      container.mux(stream.encode(picture.reformat(format='yuv420p10le')))
    container.mux(stream.encode(None))
  media.join([path], tmp_path / 'out.mp4')
  with av.open(str(tmp_path / 'out.mp4')) as container:
    assert container.streams.video[0].codec_tag == 'hvc1'
  assert media.timing(tmp_path / 'out.mp4').constant


def test_errors_leave_nothing(tmp_path, picture):
  other = videos.write(tmp_path / 'b.mp4', videos.ramp(5, width=80), 25)
  output = tmp_path / 'out.mp4'
  starts = [fractions.Fraction(0), fractions.Fraction(1)]
  with pytest.raises(media.MediaError, match='other settings'):
    media.join([picture, other], output, starts=starts)
  with pytest.raises(media.MediaError, match='no such file'):
    media.join(
      [picture], output, sound=media.CopiedAudio(tmp_path / 'none.wav')
    )
  with pytest.raises(media.MediaError, match='must end in one of'):
    media.join([picture], tmp_path / 'out.avi')
  with pytest.raises(media.MediaError, match='cannot be written'):
    media.join([picture], tmp_path / 'none' / 'out.mp4')
  assert list(tmp_path.iterdir()) == [other]


@pytest.mark.parametrize('suffix', ['mp4', 'mkv'])
@pytest.mark.parametrize('room', [0, 0.1, 0.95])
def test_a_full_disk_is_said(tmp_path, room, suffix):
  noise = np.random.default_rng(0).integers(0, 255, (20, 48, 64, 3), np.uint8)
  path = videos.write(tmp_path / 'v.mp4', noise)
  size = round(room * path.stat().st_size)
  limits = resource.getrlimit(resource.RLIMIT_FSIZE)
  resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
  try:
    with pytest.raises(media.MediaError, match='cannot be written: '):
      media.join([path], tmp_path / f'out.{suffix}')
  finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
  assert list(tmp_path.iterdir()) == [path]
