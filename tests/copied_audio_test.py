"""Copied sound keeps every packet, and the click stays where it was."""

import fractions

import av
import numpy as np
import pytest

from input_pipeline import media
from tests import clicks, videos


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
  path = clicks.write(tmp_path / name, codec, rate, options=options)
  output = tmp_path / f'out.{suffix}'
  if not media.can_copy(path, output):
    assert codec in ('libopus', 'flac') or codec.startswith('pcm')
    return
  media.join([picture], output, sound=media.CopiedAudio(path))
  before, _ = clicks.find(path)
  after, _ = clicks.find(output)
  assert after == pytest.approx(before, abs=5e-4)
  given, got = clicks.payload(path), clicks.payload(output)
  if name in ('a.aac', 'a.ts'):  # frame headers go into the file's header
    given = [packet[7:] for packet in given]
  if codec.startswith('pcm'):  # cut into other pieces
    given, got = b''.join(given), b''.join(got)
  assert got == given
  assert media.timing(output).times == pytest.approx(np.arange(20) / 25)


def test_all_channels_are_copied(tmp_path, picture):
  path = clicks.write(tmp_path / 'a.m4a', 'aac', 48_000, 6)
  output = tmp_path / 'out.mp4'
  media.join([picture], output, sound=media.CopiedAudio(path))
  assert media.probe_audio(output).channels == 6


@pytest.mark.parametrize('suffix', ['mp4', 'mkv'])
def test_packets_from_before_the_picture_are_not_heard(
  tmp_path, picture, suffix
):
  """Coded sound that runs 0.2 s ahead of its picture."""
  sound = clicks.write(tmp_path / 'a.m4a', 'aac', 48_000)
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
  assert clicks.find(late)[0] == pytest.approx(clicks.CLICK - 0.2, abs=2e-3)
  output = tmp_path / f'out.{suffix}'
  media.join([picture], output, sound=media.CopiedAudio(late))
  assert clicks.find(output)[0] == pytest.approx(clicks.find(late)[0], abs=1e-3)


@pytest.mark.parametrize('suffix', ['mp4', 'mkv'])
def test_a_hole_in_the_sound_stays(tmp_path, picture, suffix):
  """A call that broke off for half a second, in front of the click."""
  whole = clicks.write(tmp_path / 'a.m4a', 'aac', 48_000)
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
  before, _ = clicks.find(path)
  priming = 1024 / 48_000  # heard: a copy into Matroska forgets about it
  assert before == pytest.approx(clicks.CLICK + 0.5 + priming, abs=2e-3)
  assert clicks.find(output)[0] == pytest.approx(before, abs=1e-3)


def test_a_clock_that_goes_back(tmp_path, picture):
  """Two recordings put one behind the other, each from time 0."""
  one = clicks.write(tmp_path / 'a.ts', 'aac', 48_000)
  path = tmp_path / 'two.ts'
  path.write_bytes(one.read_bytes() * 2)
  output = tmp_path / 'out.mp4'
  media.join([picture], output, sound=media.CopiedAudio(path))
  assert clicks.find(output)[0] == pytest.approx(clicks.find(path)[0], abs=1e-3)
