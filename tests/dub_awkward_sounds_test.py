"""Sounds as people have them: heard when they were, and as long."""

import dataclasses
import itertools

import av
import numpy as np
import pytest

from input_pipeline import media
from tests import awkward_jobs, clicks, played, videos
from tests.awkward_videos import Clip, image, write

MILLISECOND = 1e-3 + 1e-9  # floats are rounded


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
  """Dubs in a folder, and checks that it is done."""
  run = awkward_jobs.Runner(tmp_path / 'report.json', monkeypatch, capsys)

  def call(video, audio, output, *words):
    done = run(video, audio, tmp_path / output, *words)
    assert done.code == 0, done.errors
    return done

  return call


@pytest.fixture
def picture(tmp_path):
  return write(tmp_path / 'in.mp4', Clip())


@dataclasses.dataclass(frozen=True)
class Sound:
  """How a sound is stored, and in what it comes out.

  Attributes:
    codec, rate, channels: as stored.
    output: codec and channels in the .mp4.
    copied: whether its packets are.
  """

  codec: str
  rate: int
  channels: int
  output: tuple[str, int]
  copied: bool = True


SOUNDS = {
  '8k.wav': Sound('pcm_s16le', 8_000, 1, ('aac', 1), copied=False),
  '96k.wav': Sound('pcm_s24le', 96_000, 2, ('aac', 2), copied=False),
  'floats.wav': Sound('pcm_f32le', 44_100, 2, ('aac', 2), copied=False),
  'surround.wav': Sound('pcm_s16le', 48_000, 6, ('aac', 2), copied=False),
  'a.aiff': Sound('pcm_s16be', 44_100, 2, ('aac', 2), copied=False),
  'a.mp3': Sound('libmp3lame', 44_100, 2, ('mp3float', 2)),
  'cover.mp3': Sound('libmp3lame', 44_100, 2, ('mp3float', 2)),
  'a.ogg': Sound('libopus', 48_000, 2, ('opus', 2)),
  'a.opus': Sound('libopus', 48_000, 1, ('opus', 1)),
  'a.webm': Sound('libopus', 48_000, 2, ('opus', 2)),
  'a.flac': Sound('flac', 44_100, 2, ('flac', 2)),
  'cover.flac': Sound('flac', 44_100, 2, ('flac', 2)),
  'a.m4a': Sound('aac', 44_100, 2, ('aac', 2)),
  'surround.m4a': Sound('aac', 48_000, 6, ('aac', 6)),
  'a.aac': Sound('aac', 24_000, 1, ('aac', 1)),
  'a.ac3': Sound('ac3', 48_000, 6, ('ac3', 6)),
}


@pytest.mark.parametrize('name', SOUNDS)
def test_every_sound_is_heard_when_it_was(tmp_path, run, picture, name):
  kind = SOUNDS[name]
  path = clicks.write(tmp_path / name, kind.codec, kind.rate, kind.channels)
  if name.startswith('cover'):
    path = with_cover(path)
  done = run(picture, path, 'out.mp4')
  heard = played.clicks(done.output)
  assert heard == pytest.approx(played.clicks(path), abs=MILLISECOND)
  assert len(heard) == 1
  info = media.probe_audio(done.output)
  assert (info.codec, info.channels) == kind.output
  assert ('packets unchanged' in done.report['sound']) is kind.copied
  if kind.copied and name != 'a.aac':  # whose headers are left out
    assert clicks.payload(done.output) == clicks.payload(path)
  assert done.report['frames'] == round(25 * done.report['seconds'])
  assert 0.6 <= done.report['seconds'] < 0.7


def with_cover(path):
  """The same sound with a picture on it, as music is sold."""
  covered = path.with_name(f'with_{path.name}')
  with av.open(str(path)) as source, av.open(str(covered), 'w') as output:
    sound = source.streams.audio[0]
    copy = output.add_stream_from_template(sound, opaque=True)
    cover = output.add_stream('mjpeg', 25)
    cover.width, cover.height, cover.pix_fmt = 128, 96, 'yuvj420p'
    cover.disposition = av.stream.Disposition.attached_pic
    drawn = av.VideoFrame.from_ndarray(image(0, Clip()), 'rgb24')
    for frame in [drawn.reformat(format='yuvj420p'), None]:
      output.mux(cover.encode(frame))
    for packet in source.demux(sound):
      if packet.size:
        packet.stream = copy
        output.mux(packet)
  return covered


@pytest.mark.parametrize('level', [0, 0.5])
def test_five_milliseconds_are_one_frame(tmp_path, run, picture, level):
  sound = videos.write_wav(tmp_path / 'a.wav', np.full(80, level))
  done = run(picture, sound, 'out.mp4')
  output = played.read(done.output)
  assert len(output.frames) == done.report['frames'] == 1
  assert output.duration == pytest.approx(0.04)
  assert done.report['seconds'] == pytest.approx(0.005)


@pytest.mark.parametrize('suffix', ['wav', 'mp3', 'opus'])
def test_silence_is_no_error(tmp_path, run, picture, suffix):
  sound = videos.write_wav(tmp_path / 'a.wav', np.zeros((48_000, 2)), 48_000)
  if suffix != 'wav':
    sound = encoded(sound, tmp_path / f'a.{suffix}')
  done = run(picture, sound, 'out.mp4')
  assert done.report['frames'] == 25 and not done.errors
  assert not len(played.clicks(done.output))


def encoded(path, output):
  codec = {'.mp3': 'libmp3lame', '.opus': 'libopus'}[output.suffix]
  with av.open(str(path)) as source, av.open(str(output), 'w') as container:
    stream = container.add_stream(codec, 48_000, layout='stereo')
    container.start_encoding()
    frames = itertools.chain(source.decode(audio=0), [None])
    size = stream.codec_context.frame_size
    resampler = av.AudioResampler(stream.format.name, 'stereo', 48_000, size)
    for frame in frames:
      for piece in resampler.resample(frame):
        container.mux(stream.encode(piece))
    container.mux(stream.encode(None))
  return output
