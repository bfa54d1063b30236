"""Sounds as people have them: heard when they were, and as long."""

import dataclasses
import itertools

import av
import numpy as np
import pytest

from input_pipeline import media
from lipsync_jax.inference import schedule
from tests import awkward_jobs, clicks, played, videos
from tests.awkward_videos import COUNT, Clip, image, write

MILLISECOND = 1e-3 + 1e-9  # floats are rounded


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
  """Dubs in a folder, and checks that all is well."""
  awkward_jobs.use_stand_ins(monkeypatch)

  def call(video, audio, output, *words):
    report = tmp_path / 'report.json'
    done = awkward_jobs.run(
      capsys, report, video, audio, tmp_path / output, *words
    )
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


LATE, EARLY = {'start': 10, 'sound_from': 0.2}, {'start': 5, 'sound_from': 0.0}
STARTS = {
  'late.mp4': Clip(**LATE),
  'late.mkv': Clip(**LATE),
  'late.ts': Clip(start=300, sound_from=12.2),
  'late_sound.avi': Clip(codec='mpeg4', sound_from=0.3),
  'late_sound.mov': Clip(sound_from=0.3),
  'early_sound.webm': Clip(codec='libvpx', **EARLY),
  'edit_list.mp4': Clip(start=-5, sound_from=-0.1),
  'edit_list.mov': Clip(start=-5, sound_from=-0.1),
  'negative.mkv': Clip(start=-5, sound_from=-0.1),
}


@pytest.mark.parametrize('suffix', ['mp4', 'mkv'])
@pytest.mark.parametrize('name', STARTS)
def test_sound_keeps_its_distance_to_the_picture(tmp_path, run, name, suffix):
  """A video dubbed with its own sound, whichever begins first."""
  source = write(tmp_path / name, STARTS[name])
  done = run(source, source, f'out.{suffix}', '--fit=cut')
  heard = played.clicks(done.output)
  assert heard == pytest.approx(played.clicks(source), abs=MILLISECOND)
  assert len(heard) == 1
  given, output = played.read(source), played.read(done.output)
  assert 19 <= len(output.frames) == len(given.frames) == done.report['frames']
  for found, wanted in zip(output.frames, given.frames, strict=True):
    top = [
      [plane[: len(plane) // 4] for plane in played.planes(frame, 0, found)]
      for frame in (found, wanted)
    ]
    assert played.psnr(*top, 8) > 45


@pytest.mark.parametrize('fit', schedule.FITS)
@pytest.mark.parametrize('seconds', [0.4, 2.5])
def test_the_sound_decides_how_long(tmp_path, run, picture, fit, seconds):
  samples = np.zeros(round(16_000 * seconds))
  samples[3200:3216] = 0.9
  sound = videos.write_wav(tmp_path / 'a.wav', samples)
  done = run(picture, sound, 'out.mp4', f'--fit={fit}')
  count = COUNT if fit == 'cut' and seconds > 1 else round(25 * seconds)
  output = played.read(done.output)
  assert len(output.frames) == done.report['frames'] == count
  assert output.duration == pytest.approx(count / 25, abs=MILLISECOND)
  assert played.clicks(done.output) == pytest.approx([0.2], abs=MILLISECOND)
  there_and_back = itertools.chain(range(COUNT), range(COUNT - 2, 0, -1))
  order = {
    'bounce': itertools.cycle(there_and_back),
    'loop': itertools.cycle(range(COUNT)),
    'freeze': itertools.chain(range(COUNT), itertools.repeat(COUNT - 1)),
    'cut': iter(range(COUNT)),
  }[fit]
  given = brightness(played.read(picture))
  numbers = np.abs(brightness(output)[:, None] - given).argmin(1)
  assert numbers.tolist() == list(itertools.islice(order, count))
  assert done.report['repeats'] == {'loop': 2, 'bounce': 2}.get(fit, 0) * (
    seconds > 1
  )


def brightness(found):
  """Of the top of each picture, which nobody edits."""
  return np.array([played.planes(f, 0, f)[0][:8].mean() for f in found.frames])


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


@pytest.mark.parametrize('decibels', [0, -6])
def test_the_videos_own_sound_is_kept_at_its_place(tmp_path, run, decibels):
  video = write(tmp_path / 'in.mp4', Clip(**LATE))  # a click at 0.3 s
  samples = np.zeros(16_000)
  samples[9600:9616] = 0.9
  sound = videos.write_wav(tmp_path / 'a.wav', samples)
  done = run(video, sound, 'out.mp4', f'--keep-audio-of-video={decibels}')
  heard = played.clicks(done.output)
  assert heard == pytest.approx([0.3, 0.6], abs=MILLISECOND)
  assert f'the sound of in.mp4 at {decibels:+d} dB' in done.report['sound']


def test_nothing_is_kept_of_a_video_without_sound(tmp_path, run, picture):
  path = clicks.write(tmp_path / 'a.m4a', 'aac', 48_000)
  done = run(picture, path, 'out.mp4', '--keep-audio-of-video')
  assert done.report['sound'].endswith('in.mp4 has no sound of its own.')
  assert clicks.payload(done.output) == clicks.payload(path)
  assert done.report['seconds'] == pytest.approx(0.6)
