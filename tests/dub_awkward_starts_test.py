"""Sound and picture that begin or end at different times."""

import itertools

import numpy as np
import pytest

from lipsync_jax.inference import schedule
from tests import awkward_jobs, clicks, played, videos
from tests.awkward_videos import COUNT, Clip, write

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


@pytest.mark.parametrize(
  ('name', 'output'),
  [
    *((name, 'out.mp4') for name in STARTS),
    ('late.mp4', 'out.mkv'),
    ('edit_list.mp4', 'out.mov'),
    ('negative.mkv', 'out.mkv'),
  ],
)
def test_sound_keeps_its_distance_to_the_picture(tmp_path, run, name, output):
  """A video dubbed with its own sound, whichever begins first."""
  source = write(tmp_path / name, STARTS[name])
  done = run(source, source, output, '--fit=cut')
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
