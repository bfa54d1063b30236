"""Dubbing end to end: which frames are edited, when, and how."""

import fractions

import numpy as np
import pytest

from input_pipeline import media
from lipsync_jax.inference import usable
from tests import dubbing, fakes

NTSC = fractions.Fraction(30000, 1001)


@pytest.fixture
def sound(tmp_path):
  return dubbing.click_sound(tmp_path / 'clicks.wav')


def psnr(a, b):
  return 10 * np.log10(255**2 / np.mean((np.asarray(a, float) - b) ** 2))


@pytest.mark.parametrize('fps', [25, NTSC, 50])
@pytest.mark.parametrize('length', [0.6, 3.0])
def test_the_output_is_as_long_as_the_sound(tmp_path, sound, fps, length):
  frames = [dubbing.picture()] * round(length * fps)
  report, shown, _ = dubbing.run(tmp_path, frames, sound, fps=fps)
  expected = round(2 * fps)
  assert report.frames == report.edited == len(shown) == expected
  info = media.probe(tmp_path / 'out.mp4')
  assert (info.fps, report.fps) == (fps, str(fps))
  assert info.duration == pytest.approx(2, abs=0.5 / fps)
  assert len(media.read_audio(tmp_path / 'out.mp4')) >= 32_000
  # The first pass and one pass back or forth per turn.
  assert report.repeats == (0 if length > 2 else 3)


@pytest.mark.parametrize('fps', [25, NTSC, 50])
def test_the_edit_is_in_time_with_the_sound(tmp_path, sound, fps):
  frames = [dubbing.picture(90)] * round(2 * fps)
  _, shown, _ = dubbing.run(tmp_path, frames, sound, fakes.loudness, fps=fps)
  mouth = np.array([frame[58:66, 40:56].mean() for frame in shown])
  bright = np.flatnonzero(mouth > mouth.min() + 60)
  heard = np.abs(media.read_audio(tmp_path / 'out.mp4')) > 0.2
  for click in dubbing.CLICKS:
    near = (bright + 0.5) / fps  # seconds of the frames' middles
    near = near[np.abs(near - click) < 0.25]
    assert near.size
    assert abs(near.mean() - click) < 1 / fps
    loud = np.flatnonzero(heard) / 16_000
    loud = loud[np.abs(loud - click) < 0.25]
    assert loud.mean() == pytest.approx(click, abs=2e-3)
  far = [
    np.abs((k + 0.5) / fps - np.array(dubbing.CLICKS)).min() for k in bright
  ]
  assert max(far) < 1.5 / 25 + 1 / fps


@pytest.mark.parametrize('fps', [1, 2, 3])
def test_a_slow_video_is_given_pictures_to_move_its_lips_in(
  tmp_path, sound, fps
):
  frames = [dubbing.picture(90)] * (2 * fps)
  report, shown, _ = dubbing.run(
    tmp_path, frames, sound, fakes.loudness, fps=fps
  )
  expected = 2 * fps * -(-25 // fps)
  assert report.frames == report.edited == len(shown) == expected
  assert media.timing(tmp_path / 'out.mp4').end == pytest.approx(2)
  mouth = np.array([frame[58:66, 40:56].mean() for frame in shown])
  assert np.ptp(mouth) > 60


def test_frames_without_a_face_pass_through(tmp_path, sound):
  dark = dubbing.picture(10) // 2
  frames = [dubbing.picture()] * 20 + [dark] * 30
  report, shown, _ = dubbing.run(tmp_path, frames, sound, fakes.loudness)
  (gap,) = report.passed_through
  assert (gap.first, gap.last, gap.reason) == (20, 49, usable.BLACK)
  assert (gap.start_seconds, gap.end_seconds) == (0.8, 2.0)
  assert report.edited == 20
  assert min(psnr(frame, dark) for frame in shown[20:]) > 40


def test_no_face_at_all_is_no_error(tmp_path, sound):
  dark = dubbing.picture(10) // 2
  report, shown, generator = dubbing.run(tmp_path, [dark] * 50, sound)
  assert report.edited == 0 and generator.batches == []
  assert report.warnings
  assert min(psnr(frame, dark) for frame in shown) > 40


def test_an_identity_generator_changes_nothing(tmp_path, sound):
  _, shown, _ = dubbing.run(tmp_path, [dubbing.picture()] * 50, sound)
  assert min(psnr(frame, dubbing.picture()) for frame in shown) > 40


def test_batches_have_one_size_and_padding_changes_nothing(tmp_path, sound):
  frames = [dubbing.picture(80 + 2 * k) for k in range(50)]
  outputs = []
  for size in (1, 7, 50):
    # As handed to the coder: x264 does not repeat small pictures to the bit.
    written = []
    _, _, generator = dubbing.run(
      tmp_path,
      frames,
      sound,
      fakes.loudness,
      batch_size=size,
      on_frame=lambda event, written=written: written.append(event.image),
    )
    assert set(generator.batches) == {size}
    outputs.append(written)
  np.testing.assert_array_equal(outputs[0], outputs[1])
  np.testing.assert_array_equal(outputs[0], outputs[2])


@pytest.mark.parametrize('kind', ['same', 'fixed'])
def test_which_reference_is_shown(tmp_path, sound, kind):
  frames = [dubbing.picture(80 + 2 * k) for k in range(50)]
  same = []

  def draw(mel, faces, reference):
    same.extend((faces == reference).all((1, 2, 3)))
    return faces

  dubbing.run(tmp_path, frames, sound, draw, batch_size=25, reference=kind)
  assert sum(same) == (50 if kind == 'same' else 1)


def test_it_looks_at_every_fifth_frame(tmp_path, sound):
  detector = fakes.FakeDetector()
  dubbing.run(tmp_path, [dubbing.picture()] * 50, sound, detector=detector)
  assert detector.calls == 10 + 4  # and at those after the last look
