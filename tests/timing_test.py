"""Frame rates and times are found from the packets alone."""

import fractions

import av
import numpy as np
import pytest

from input_pipeline import media
from tests import videos

MILLISECOND = fractions.Fraction(1, 1000)
CLOCK = fractions.Fraction(1, 90_000)
RATES = [
  fractions.Fraction(*rate)
  for rate in ((24000, 1001), (25, 1), (30000, 1001), (30, 1), (50, 1), (60, 1))
]


def shown_times(path):
  return [picture.time for picture in media.read_pictures(path)]


@pytest.mark.parametrize('fps', RATES, ids=str)
@pytest.mark.parametrize('suffix', ['mp4', 'mkv', 'avi', 'mov', 'ts'])
def test_the_rate_is_exact_in_every_container(tmp_path, fps, suffix):
  path = tmp_path / f'a.{suffix}'
  videos.write_raw(path, range(50), 1 / fps)
  timing = media.timing(path)
  assert (timing.fps, timing.constant) == (fps, True)
  np.testing.assert_allclose(timing.times, shown_times(path), atol=1e-6)
  np.testing.assert_allclose(
    timing.times, np.arange(50) / float(fps), atol=1e-3
  )
  assert timing.end == pytest.approx(50 / fps, abs=2e-3)


@pytest.mark.parametrize('fps', RATES, ids=str)
def test_a_wrong_rate_in_the_header_does_not_matter(tmp_path, fps):
  times = [round(1000 * k / fps) for k in range(60)]  # the header says 25
  path = videos.write_raw(tmp_path / 'a.mkv', times, MILLISECOND)
  timing = media.timing(path)
  assert (timing.fps, timing.constant) == (fps, True)


def test_dropped_frames_leave_the_rate_constant(tmp_path):
  ticks = [k for k in range(60) if k % 7 and k not in (20, 22, 23)]
  path = videos.write_raw(tmp_path / 'a.mp4', ticks, fractions.Fraction(1, 30))
  timing = media.timing(path)
  assert (timing.fps, timing.constant) == (30, True)
  np.testing.assert_allclose(timing.times, (np.array(ticks) - 1) / 30)


def test_times_that_follow_no_rate_are_variable(tmp_path):
  times = np.cumsum([0, 40, 33, 52, 40, 21, 90, 40, 47, 33])
  path = videos.write_raw(tmp_path / 'a.mp4', times.tolist(), MILLISECOND)
  timing = media.timing(path)
  assert not timing.constant
  np.testing.assert_allclose(timing.times, times / 1000, atol=1e-4)
  assert float(timing.fps) == pytest.approx(9000 / times[-1], rel=1e-3)
  np.testing.assert_allclose(timing.times, shown_times(path), atol=1e-6)


def test_two_rates_one_after_the_other_are_variable(tmp_path):
  times = np.cumsum([0, *[11] * 12, *[90] * 12]).tolist()
  path = videos.write_raw(tmp_path / 'a.mp4', times, MILLISECOND)
  timing = media.timing(path)
  assert not timing.constant
  assert float(timing.fps) == pytest.approx(24 / 1.212, rel=1e-3)


def test_a_drift_of_a_thousandth_is_seen(tmp_path):
  """30 and 29.97 differ by 10 ms after ten seconds."""
  times = [round(90_000 * k * 1001 / 30_000) for k in range(300)]
  path = tmp_path / 'a.mp4'
  with av.open(str(path), 'w') as container:
    stream = container.add_stream('libx264', 25)
    stream.width, stream.height, stream.pix_fmt = 32, 32, 'yuv420p'
    stream.codec_context.time_base = CLOCK
    frame = av.VideoFrame(32, 32, 'yuv420p')
    for time in times:
      frame.pts, frame.time_base = time, CLOCK
      container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
  timing = media.timing(path)
  assert (timing.fps, timing.constant) == (RATES[2], True)


def test_a_stream_without_timestamps_is_counted(tmp_path):
  path = videos.write_raw(
    tmp_path / 'a.h264', range(20), fractions.Fraction(1, 25)
  )
  timing = media.timing(path)
  assert (timing.fps, timing.constant) == (25, True)
  np.testing.assert_allclose(timing.times, np.arange(20) / 25)
  assert timing.end == pytest.approx(0.8)


@pytest.mark.parametrize(
  ('name', 'codec', 'pixels'),
  [
    ('a.mpg', 'mpeg2video', 'yuv420p'),
    ('a.m2v', 'mpeg2video', 'yuv420p'),
    ('a.avi', 'mpeg4', 'yuv420p'),
    ('a.flv', 'flv', 'yuv420p'),
    ('a.wmv', 'wmv2', 'yuv420p'),
    ('a.gif', 'gif', 'rgb8'),
    ('a.mjpeg', 'mjpeg', 'yuvj420p'),
    ('a.mxf', 'mpeg2video', 'yuv422p'),
    ('a.mkv', 'ffv1', 'yuv444p'),
  ],
)
def test_packets_say_what_decoding_would(tmp_path, name, codec, pixels):
  path = tmp_path / name
  with av.open(str(path), 'w') as container:
    stream = container.add_stream(codec, 25)
    stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
    if codec.startswith('mpeg'):
      stream.codec_context.max_b_frames = 2
    for frame in videos.ramp(30):
      picture = av.VideoFrame.from_ndarray(frame, 'rgb24')
      container.mux(stream.encode(picture.reformat(format=pixels)))
    container.mux(stream.encode(None))
  timing = media.timing(path)
  assert (timing.fps, timing.constant) == (25, True)
  np.testing.assert_allclose(timing.times, shown_times(path), atol=1e-9)
  assert len(timing.times) == 30
  assert timing.end == pytest.approx(1.2)


def test_what_is_cut_off_is_not_counted(tmp_path):
  noise = np.random.default_rng(0).integers(0, 255, (50, 48, 64, 3), np.uint8)
  path = videos.write(tmp_path / 'a.mp4', noise)
  whole = path.read_bytes()
  path.write_bytes(whole[: len(whole) // 2])
  timing = media.timing(path)
  times = shown_times(path)
  assert 5 < len(times) < 45
  assert (timing.fps, timing.constant) == (25, True)
  # One or two pictures that wait for what is lost are never decoded.
  assert len(times) <= len(timing.times) <= len(times) + 3
  path.write_bytes(whole[:900])
  with pytest.raises(media.MediaError, match='a.mp4: '):
    media.timing(path)


def test_what_an_edit_list_hides_is_not_counted(tmp_path):
  """A film cut without encoding again begins in front of its first picture."""
  whole = videos.write_raw(
    tmp_path / 'a.mp4', range(30), fractions.Fraction(1, 25)
  )
  path = tmp_path / 'b.mp4'
  with av.open(str(whole)) as source, av.open(str(path), 'w') as container:
    (stream,) = source.streams
    copy = container.add_stream_from_template(stream, opaque=True)
    unit = stream.time_base
    for packet in source.demux(stream):
      if packet.size:
        packet.pts -= int(fractions.Fraction(10, 25) / unit)
        packet.dts -= int(fractions.Fraction(10, 25) / unit)
        packet.stream = copy
        container.mux(packet)
  timing = media.timing(path)
  np.testing.assert_allclose(timing.times, np.arange(20) / 25, atol=1e-6)
  assert videos.number(next(media.read_pictures(path)).image()) == 10


@pytest.mark.parametrize('suffix', ['png', 'jpg', 'gif'])
def test_a_still_picture(tmp_path, suffix):
  path = tmp_path / f'a.{suffix}'
  codec = {'png': 'png', 'jpg': 'mjpeg', 'gif': 'gif'}[suffix]
  with av.open(str(path), 'w') as container:
    stream = container.add_stream(codec, 25)
    stream.width, stream.height = 32, 24
    stream.pix_fmt = {'jpg': 'yuvj420p', 'gif': 'rgb8'}.get(suffix, 'rgb24')
    frame = av.VideoFrame(32, 24, stream.pix_fmt)
    container.mux([*stream.encode(frame), *stream.encode(None)])
  timing = media.timing(path)
  assert (timing.still, timing.constant, timing.fps) == (True, True, 25)


def test_slides_count_as_25_frames_a_second(tmp_path):
  path = videos.write_raw(tmp_path / 'a.mp4', [0, 2000, 5500], MILLISECOND)
  timing = media.timing(path)
  assert (timing.fps, timing.constant) == (25, True)
  np.testing.assert_allclose(timing.times, [0, 2, 5.5])


def test_no_video_is_said(tmp_path):
  path = videos.write_wav(tmp_path / 'a.wav', np.zeros(1000))
  with pytest.raises(media.MediaError, match='holds no video'):
    media.timing(path)
