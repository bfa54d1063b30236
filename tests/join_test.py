"""One file out of parts and a sound: every packet and every time is kept."""

import fractions
import itertools
import resource

import av
import numpy as np
import pytest

from input_pipeline import media
from tests import videos

CLICK = 0.3  # seconds
MILLISECOND = fractions.Fraction(1, 1000)


def write_click(path, codec, rate, channels=2, *, options=None):
  """0.6 s of silence with a click of 1 ms, by PyAV itself."""
  samples = np.zeros((round(0.6 * rate), channels), np.float32)
  at = round(CLICK * rate)
  samples[at : at + rate // 1000 + 1] = 0.9
  layout = {1: 'mono', 2: 'stereo', 6: '5.1'}[channels]
  with av.open(str(path), 'w', options=options or {}) as container:
    stream = container.add_stream(codec, rate, layout=layout)
    container.start_encoding()
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), 'flt', layout)
    frame.sample_rate, frame.pts = rate, 0
    frame.time_base = fractions.Fraction(1, rate)
    resampler = av.AudioResampler(
      stream.codec_context.format.name,
      layout,
      rate,
      frame_size=stream.codec_context.frame_size or 1024,
    )
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
      container.mux(stream.encode(piece))
    container.mux(stream.encode(None))
  return path


def click_time(path):
  """Where the click is, relative to the picture if there is one."""
  samples = np.abs(media.read_audio(path, sample_rate=48_000))
  return np.flatnonzero(samples > 0.3)[0] / 48_000, len(samples) / 48_000


def payload(path, kind='audio'):
  with av.open(str(path)) as container:
    stream = getattr(container.streams, kind)[0]
    return [bytes(packet) for packet in container.demux(stream) if packet.size]


@pytest.fixture(scope='module')
def picture(tmp_path_factory):
  folder = tmp_path_factory.mktemp('picture')
  return videos.write(folder / 'v.mp4', videos.ramp(20))


COPIES = [
  ('a.m4a', 'aac', 44_100),
  ('a.aac', 'aac', 48_000),
  ('a.mkv', 'aac', 16_000),
  ('a.ts', 'aac', 48_000),
  ('lame.mp3', 'libmp3lame', 44_100),
  ('plain.mp3', 'libmp3lame', 22_050),
  ('alac.m4a', 'alac', 44_100),
  ('a.ac3', 'ac3', 48_000),
  ('a.opus', 'libopus', 48_000),
  ('a.webm', 'libopus', 48_000),
  ('a.flac', 'flac', 96_000),
  ('a.wav', 'pcm_s16le', 8_000),
  ('b.wav', 'pcm_s24le', 96_000),
  ('c.wav', 'pcm_u8', 22_050),
]


@pytest.mark.parametrize('suffix', ['mp4', 'mov', 'mkv'])
@pytest.mark.parametrize(('name', 'codec', 'rate'), COPIES)
def test_copied_sound_keeps_its_packets_and_its_time(
  tmp_path, picture, name, codec, rate, suffix
):
  options = {'write_xing': '0'} if name == 'plain.mp3' else {}
  path = write_click(tmp_path / name, codec, rate, options=options)
  output = tmp_path / f'out.{suffix}'
  if not media.can_copy(path, output):
    assert codec in ('libopus', 'flac') or codec.startswith('pcm')
    return
  media.join([picture], output, sound=media.CopiedAudio(path))
  before, _ = click_time(path)
  after, _ = click_time(output)
  assert after == pytest.approx(before, abs=5e-4)
  given, got = payload(path), payload(output)
  if name in ('a.aac', 'a.ts'):  # frame headers go into the file's header
    given = [packet[7:] for packet in given]
  if codec.startswith('pcm'):  # cut into other pieces
    given, got = b''.join(given), b''.join(got)
  assert got == given
  assert media.timing(output).times == pytest.approx(np.arange(20) / 25)


def test_all_channels_are_copied(tmp_path, picture):
  path = write_click(tmp_path / 'a.m4a', 'aac', 48_000, 6)
  output = tmp_path / 'out.mp4'
  media.join([picture], output, sound=media.CopiedAudio(path))
  assert media.probe_audio(output).channels == 6


@pytest.mark.parametrize('suffix', ['mp4', 'mov', 'mkv'])
@pytest.mark.parametrize('start', [-3200, 0, 3200])
def test_a_videos_sound_stays_where_its_picture_had_it(
  tmp_path, picture, start, suffix
):
  """It may begin 0.2 s before or after the first picture."""
  hundredth = fractions.Fraction(1, 100)
  begin = 20  # hundredths; or nothing could be before it
  path = videos.write_raw(
    tmp_path / 'a.mov',
    [begin + 4 * k for k in range(20)],
    hundredth,
    audio_start=3200 + start,
    click=4800,
  )
  output = tmp_path / f'out.{suffix}'
  if suffix == 'mp4':
    sound = media.EncodedAudio(
      lambda: media.audio_blocks(path, sample_rate=16_000), 16_000, 1
    )
  else:
    sound = media.CopiedAudio(path)
  media.join([picture], output, sound=sound)
  before, _ = click_time(path)
  assert before == pytest.approx((4800 + start) / 16_000, abs=1e-3)
  assert click_time(output)[0] == pytest.approx(before, abs=1e-3)


@pytest.mark.parametrize('suffix', ['mp4', 'mkv'])
def test_packets_from_before_the_picture_are_not_heard(
  tmp_path, picture, suffix
):
  """Coded sound that runs 0.2 s ahead of its picture."""
  sound = write_click(tmp_path / 'a.m4a', 'aac', 48_000)
  late = tmp_path / 'late.mkv'
  with av.open(str(late), 'w') as container:
    with av.open(str(picture)) as pictures, av.open(str(sound)) as sounds:
      video, audio = pictures.streams.video[0], sounds.streams.audio[0]
      copies = [
        container.add_stream_from_template(stream, opaque=True)
        for stream in (video, audio)
      ]
      packets = [(p, copies[1]) for p in sounds.demux(audio) if p.size]
      for packet in pictures.demux(video):
        if packet.size:
          shift = round(fractions.Fraction(1, 5) / video.time_base)
          packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
          packets.append((packet, copies[0]))
      for packet, copy in packets:
        packet.stream = copy
        container.mux(packet)
  assert click_time(late)[0] == pytest.approx(CLICK - 0.2, abs=2e-3)
  output = tmp_path / f'out.{suffix}'
  media.join([picture], output, sound=media.CopiedAudio(late))
  assert click_time(output)[0] == pytest.approx(click_time(late)[0], abs=1e-3)


@pytest.mark.parametrize('suffix', ['mp4', 'mkv'])
def test_a_hole_in_the_sound_stays(tmp_path, picture, suffix):
  """A call that broke off for half a second, in front of the click."""
  whole = write_click(tmp_path / 'a.m4a', 'aac', 48_000)
  path = tmp_path / 'hole.mkv'
  with av.open(str(whole)) as source, av.open(str(path), 'w') as container:
    (stream,) = source.streams
    copy = container.add_stream_from_template(stream, opaque=True)
    for number, packet in enumerate(source.demux(stream)):
      if packet.size:
        if number > 8:
          packet.pts += 24_000
          packet.dts += 24_000
        packet.stream = copy
        container.mux(packet)
  output = tmp_path / f'out.{suffix}'
  media.join([picture], output, sound=media.CopiedAudio(path))
  before, _ = click_time(path)
  priming = 1024 / 48_000  # heard: a copy into Matroska forgets about it
  assert before == pytest.approx(CLICK + 0.5 + priming, abs=2e-3)
  assert click_time(output)[0] == pytest.approx(before, abs=1e-3)


def test_a_clock_that_goes_back(tmp_path, picture):
  """Two recordings put one behind the other, each from time 0."""
  one = write_click(tmp_path / 'a.ts', 'aac', 48_000)
  path = tmp_path / 'two.ts'
  path.write_bytes(one.read_bytes() * 2)
  output = tmp_path / 'out.mp4'
  media.join([picture], output, sound=media.CopiedAudio(path))
  assert click_time(output)[0] == pytest.approx(click_time(path)[0], abs=1e-3)


@pytest.mark.parametrize('rate', [8_000, 11_111, 44_100, 96_000])
@pytest.mark.parametrize(
  ('suffix', 'codec'), [('mp4', 'aac'), ('mkv', 'aac'), ('mov', 'pcm_s24le')]
)
def test_encoded_sound_keeps_its_time_and_length(
  tmp_path, picture, rate, suffix, codec
):
  path = write_click(tmp_path / 'a.wav', 'pcm_s24le', rate)
  output = tmp_path / f'out.{suffix}'
  sound = media.EncodedAudio(
    lambda: media.audio_blocks(path, sample_rate=rate, channels=2),
    rate,
    2,
    codec,
  )
  media.join([picture], output, sound=sound)
  (before, length), (after, now) = click_time(path), click_time(output)
  assert after == pytest.approx(before, abs=1e-3)
  # Matroska says to the millisecond, and by the packet, how long it is.
  padding = 1024 / sound.output_rate if suffix == 'mkv' else 1e-3
  assert length - 1e-3 <= now <= length + padding


def test_pcm_is_encoded_without_loss(tmp_path, picture):
  noise = 0.3 * np.random.default_rng(0).standard_normal((8_000, 2))
  path = videos.write_wav(tmp_path / 'a.wav', noise, 44_100)
  sound = media.EncodedAudio(
    lambda: media.audio_blocks(path, sample_rate=44_100, channels=2),
    44_100,
    2,
    'pcm_s16le',
  )
  media.join([picture], tmp_path / 'out.mov', sound=sound)
  assert b''.join(payload(tmp_path / 'out.mov')) == b''.join(payload(path))


@pytest.mark.parametrize('codec', ['copied', 'aac', 'pcm_s16le'])
def test_the_sound_is_cut(tmp_path, picture, codec):
  path = write_click(tmp_path / 'a.m4a', 'aac', 48_000)
  sound = media.CopiedAudio(path)
  if codec != 'copied':
    sound = media.EncodedAudio(
      lambda: media.audio_blocks(path, sample_rate=48_000), 48_000, 1, codec
    )
  output = tmp_path / 'out.mov'
  seconds = fractions.Fraction(4, 10)
  media.join([picture], output, sound=sound, seconds=seconds)
  found, length = click_time(output)
  assert found == pytest.approx(CLICK, abs=1e-3)
  assert length == pytest.approx(0.4, abs=1e-3)


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
  given = [packet for part in parts for packet in payload(part, 'video')]
  assert payload(output, 'video') == given


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
