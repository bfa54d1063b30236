"""Encoded sound keeps its time and length; so does what is cut."""

import fractions

import numpy as np
import pytest

from input_pipeline import media
from tests import clicks, videos


@pytest.fixture(scope='module')
def picture(tmp_path_factory):
  folder = tmp_path_factory.mktemp('picture')
  return videos.write(folder / 'v.mp4', videos.ramp(20))


@pytest.mark.parametrize('rate', [8_000, 11_111, 44_100, 96_000])
@pytest.mark.parametrize(
  ('suffix', 'codec'), [('mp4', 'aac'), ('mkv', 'aac'), ('mov', 'pcm_s24le')]
)
def test_encoded_sound_keeps_its_time_and_length(
  tmp_path, picture, rate, suffix, codec
):
  path = clicks.write(tmp_path / 'a.wav', 'pcm_s24le', rate)
  output = tmp_path / f'out.{suffix}'
  sound = media.EncodedAudio(
    lambda: media.audio_blocks(path, sample_rate=rate, channels=2),
    rate,
    2,
    codec,
  )
  media.join([picture], output, sound=sound)
  (before, length), (after, now) = clicks.find(path), clicks.find(output)
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
  assert b''.join(clicks.payload(tmp_path / 'out.mov')) == b''.join(
    clicks.payload(path)
  )


@pytest.mark.parametrize('codec', ['copied', 'aac', 'pcm_s16le'])
def test_the_sound_is_cut(tmp_path, picture, codec):
  path = clicks.write(tmp_path / 'a.m4a', 'aac', 48_000)
  sound = media.CopiedAudio(path)
  if codec != 'copied':
    sound = media.EncodedAudio(
      lambda: media.audio_blocks(path, sample_rate=48_000), 48_000, 1, codec
    )
  output = tmp_path / 'out.mov'
  seconds = fractions.Fraction(4, 10)
  media.join([picture], output, sound=sound, seconds=seconds)
  found, length = clicks.find(output)
  assert found == pytest.approx(clicks.CLICK, abs=1e-3)
  assert length == pytest.approx(0.4, abs=1e-3)


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
  before, _ = clicks.find(path)
  assert before == pytest.approx((4800 + start) / 16_000, abs=1e-3)
  assert clicks.find(output)[0] == pytest.approx(before, abs=1e-3)
