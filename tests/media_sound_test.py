"""Sound survives reading and writing, and stays with the picture."""

import fractions

import numpy as np
import pytest

from input_pipeline import audio, media
from tests import videos

HUNDREDTH = fractions.Fraction(1, 100)


def test_sound_that_starts_late_is_padded(tmp_path):
  path = videos.write_raw(
    tmp_path / 'a.mkv', [0, 4, 8], HUNDREDTH, audio_start=3200, click=100
  )
  samples = media.read_audio(path)
  assert np.abs(samples).argmax() == 3200 + 100
  assert len(samples) == 3200 + 16000


def test_sound_before_the_picture_is_cut(tmp_path):
  path = videos.write_raw(
    tmp_path / 'a.mkv', [50, 54, 58], HUNDREDTH, audio_start=0, click=12000
  )
  times = [time for time, _ in media.read_frames(path)]
  assert times == pytest.approx([0, 0.04, 0.08])
  samples = media.read_audio(path)
  assert np.abs(samples).argmax() == 12000 - 8000
  assert len(samples) == 16000 - 8000


@pytest.mark.parametrize('rate', [16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize('fps', [25, fractions.Fraction(30000, 1001), 50])
def test_flash_and_click_stay_together(tmp_path, rate, fps):
  frames = [np.full((48, 64, 3), 30, np.uint8) for _ in range(60)]
  frames[30][:] = 220
  samples = np.zeros((2 * rate, 2), np.float32)
  click = round(30 / fps * rate)
  samples[click : click + rate // 1000] = 0.9
  path = videos.write(
    tmp_path / 'a.mp4', frames, fps, audio=samples, sample_rate=rate
  )
  info = media.probe_audio(path)
  assert (info.sample_rate, info.channels, info.codec) == (rate, 2, 'aac')
  times, shown = zip(*media.read_frames(path), strict=True)
  seen = times[int(np.argmax([frame.mean() for frame in shown]))]
  heard = np.flatnonzero(np.abs(media.read_audio(path)) > 0.4)[0] / 16000
  assert seen == pytest.approx(30 / fps, abs=1e-3)
  assert heard == pytest.approx(seen, abs=1e-3)


@pytest.mark.parametrize('suffix', ['mkv', 'mov', 'avi'])
def test_containers_agree_on_time_0(tmp_path, suffix):
  """B-frames are reordered: frame 5 is still shown at 0.2 s."""
  path = videos.write_raw(
    tmp_path / f'a.{suffix}',
    range(20),
    fractions.Fraction(1, 25),
    audio_start=0,
    click=3200,
  )
  times, frames = zip(*media.read_frames(path), strict=True)
  assert [videos.number(frame) for frame in frames] == list(range(20))
  np.testing.assert_allclose(times, np.arange(20) / 25, atol=1e-3)
  (_, frame), *_ = media.read_frames(path, fps=25, start=0.4)
  assert videos.number(frame) == 10
  assert np.abs(media.read_audio(path)).argmax() == 3200


def test_sound_is_as_long_as_it_was(tmp_path):
  noise = 0.1 * np.random.default_rng(0).standard_normal(17_000)
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(20), audio=noise)
  # AAC comes in frames of 1024 samples: the padding of the last is cut.
  assert len(media.read_audio(path)) == 17_000


def test_blocks_are_the_whole_sound(tmp_path):
  noise = 0.1 * np.random.default_rng(0).standard_normal((20_000, 2))
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(10), audio=noise)
  blocks = list(media.audio_blocks(path, sample_rate=16_000, channels=1))
  assert len(blocks) > 2
  joined = np.concatenate(blocks)[:, 0]
  np.testing.assert_array_equal(joined, media.read_audio(path))
  np.testing.assert_array_equal(
    audio.to_int16(joined), media.read_audio_int16(path)
  )


def test_blocks_from_a_generator_reach_the_file(tmp_path):
  tone = 0.3 * np.sin(np.arange(32_000) * 2 * np.pi * 440 / 16_000)
  blocks = (part[:, None] for part in np.array_split(tone, 7))
  path = videos.write(
    tmp_path / 'a.mp4', videos.ramp(50), audio=blocks, channels=1
  )
  samples = media.read_audio(path)[:32_000]
  middle = slice(2000, 30_000)
  assert np.abs(samples[middle] - tone[middle]).mean() < 0.02


@pytest.mark.parametrize('rate', [8_000, 11_111, 96_000])
def test_sound_without_a_picture_at_any_rate(tmp_path, rate):
  samples = np.zeros(rate, np.float32)
  samples[rate // 2 : rate // 2 + rate // 500] = 0.5
  path = videos.write_wav(tmp_path / 'a.wav', samples, rate)
  heard = media.read_audio(path)
  assert len(heard) == pytest.approx(16_000, abs=2)
  assert np.flatnonzero(heard > 0.25)[0] == pytest.approx(8_000, abs=4)


def test_stereo_is_mixed_to_mono(tmp_path):
  stereo = np.stack([np.full(1600, 0.5), np.zeros(1600)], 1)
  path = videos.write_wav(tmp_path / 'a.wav', stereo)
  np.testing.assert_allclose(media.read_audio(path), 0.25, atol=1e-3)


def test_no_sound_is_said(tmp_path):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(5))
  with pytest.raises(media.MediaError, match='no sound'):
    media.read_audio(path)
