"""Frames and samples as the ffmpeg command gives them."""

import fractions
import shutil
import subprocess

import av
import cv2
import numpy as np
import pytest
import videos
from scipy.io import wavfile

from input_pipeline import media, synthetic

MILLISECOND = fractions.Fraction(1, 1000)
COMMAND = shutil.which('ffmpeg')


def numbers(pictures):
  return [videos.number(picture.image()) for picture in pictures]


def late_picture(path, frames):
  """Ten pictures from `frames` / 25 s on, sound with a click at 0.5 s."""
  times = [40 * (frames + k) for k in range(10)]
  return videos.write_raw(path, times, MILLISECOND, audio_start=0, click=8000)


def test_time_0_is_that_of_the_earliest_stream(tmp_path):
  path = late_picture(tmp_path / 'a.mkv', 3)
  # The first picture is shown from then on, the sound is not moved.
  expected = [0] * 3 + list(range(10))
  assert numbers(media.command_pictures(path)) == expected
  assert np.argmax(media.command_sound(path)) == 8000
  # Our own reading counts from the picture.
  assert np.argmax(media.read_audio(path)) == 8000 - 3 * 640
  assert numbers(media.converted_pictures(path)) == expected
  for first, last in ((0, 1), (2, 4), (3, 3), (5, 12)):
    some = media.converted_pictures(path, first=first, last=last)
    assert numbers(some) == expected[first : last + 1]


def test_late_sound_is_late(tmp_path):
  times = [40 * k for k in range(10)]
  path = videos.write_raw(
    tmp_path / 'a.mkv', times, MILLISECOND, audio_start=1600, click=400
  )
  sound = media.command_sound(path)
  assert sound.dtype == np.int16 and np.argmax(sound) == 2000
  assert numbers(media.command_pictures(path)) == list(range(10))


def test_what_a_coder_adds_at_the_end_is_kept(tmp_path):
  sound = synthetic.make_clip(synthetic.person(0), seed=0, num_frames=30).audio
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(30), audio=sound)
  kept = media.command_sound(path)
  # AAC comes in frames of 1024 samples.
  assert 30 * 640 < len(kept) <= 30 * 640 + 1024
  assert len(media.read_audio(path)) == 30 * 640


@pytest.mark.parametrize('fps', [50, 30000 / 1001])
def test_another_frame_rate_is_refused_or_converted(tmp_path, fps):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(40), fps=fps)
  with pytest.raises(media.MediaError, match=r'-r 25') as error:
    next(media.command_pictures(path))
  assert f'{fps:.4g} frames a second' in str(error.value)
  found = numbers(media.converted_pictures(path))
  assert len(found) == round(40 / fps * 25)
  # Each is on screen at k / 25 s, or begins within 2 ms.
  assert found == [int(k * fps / 25 + 0.002 * fps) for k in range(len(found))]


def test_uneven_frames_are_refused(tmp_path):
  times = [40 * k for k in range(20) if k not in (7, 8)] + [800, 810]
  path = videos.write_raw(tmp_path / 'a.mp4', times, MILLISECOND)
  with pytest.raises(media.MediaError, match='unevenly spaced'):
    list(media.command_pictures(path))


def test_a_file_without_sound_says_so(tmp_path):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(5))
  with pytest.raises(media.NoSoundError):
    media.command_sound(path)


@pytest.fixture(scope='module')
def talker(tmp_path_factory):
  clip = synthetic.make_clip(synthetic.person(0), seed=0, num_frames=40)
  folder = tmp_path_factory.mktemp('talker')
  return videos.write(folder / 'a.mp4', clip.frames, audio=clip.audio)


def test_the_jpeg_coder_saves_from_frame_to_frame(talker):
  pictures = list(media.command_pictures(talker))
  trip, again = media.JpegTrip(), media.JpegTrip()

  def loss(coded):
    off = [
      np.abs(c - p.image().astype(float)).mean()
      for c, p in zip(coded, pictures, strict=True)
    ]
    return np.mean(off[:5]), np.mean(off[-5:])

  coded = [trip.picture(picture) for picture in pictures]
  first, last = loss(coded)
  assert 0.2 < first < 5 and last > 1.1 * first
  # Crops are given as RGB; the coder is the same.
  early, late = loss([again.image(p.image()) for p in pictures])
  assert early == pytest.approx(first, rel=0.2)
  assert late == pytest.approx(last, rel=0.2)


def test_limited_range_becomes_full_range_rounded(tmp_path):
  """A grey picture survives within a level."""
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(6))
  trip = media.JpegTrip()
  for picture in media.command_pictures(path):
    coded = trip.picture(picture)
    assert coded.shape == (videos.HEIGHT, videos.WIDTH, 3)
    off = coded.astype(int) - picture.image()
    assert np.abs(off).max() <= 2 and abs(off.mean()) < 1


def test_jpegs_of_turned_pictures_are_upright(talker, tmp_path):
  path = tmp_path / 'turned.mp4'
  with av.open(str(talker)) as source, av.open(str(path), 'w') as target:
    stream = target.add_stream_from_template(source.streams.video[0])
    if not hasattr(stream, 'set_display_rotation'):
      pytest.skip('this PyAV cannot write a rotation.')
    stream.set_display_rotation(90)
    for packet in source.demux(source.streams.video[0]):
      if packet.dts is not None:
        packet.stream = stream
        target.mux(packet)
  trip = media.JpegTrip()
  picture = next(media.command_pictures(path))
  assert np.abs(trip.picture(picture) - picture.image().astype(int)).mean() < 5


@pytest.mark.skipif(not COMMAND, reason='the ffmpeg command is not installed')
@pytest.mark.parametrize('name', ['talker', 'late.mkv'])
def test_the_command_itself(talker, tmp_path, name):
  path = talker if name == 'talker' else late_picture(tmp_path / name, 3)
  for words in (
    f'{path} -threads 1 -f image2 {tmp_path}/%06d.jpg',
    f'{path} -async 1 -ac 1 -vn -acodec pcm_s16le -ar 16000 {tmp_path}/a.wav',
  ):
    subprocess.run(
      [COMMAND, '-loglevel', 'error', '-y', '-i', *words.split()], check=True
    )
  _, samples = wavfile.read(tmp_path / 'a.wav')
  ours = media.command_sound(path)
  assert len(ours) == len(samples)
  assert np.abs(samples.astype(int) - ours).max() <= 1
  files = sorted(tmp_path.glob('*.jpg'))
  trip = media.JpegTrip()
  coded = [trip.picture(p) for p in media.command_pictures(path)]
  assert len(coded) == len(files)
  off = [
    np.abs(cv2.imread(str(f))[..., ::-1].astype(int) - c).mean()
    for f, c in zip(files, coded, strict=True)
  ]
  # Other versions of FFmpeg round chroma otherwise (0.8 levels in the mean).
  assert max(off) < 2
