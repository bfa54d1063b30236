import fractions

import numpy as np
import pytest

from input_pipeline import alignment, audio


def test_five_frames_are_sixteen_rows():
  starts = [alignment.window_start(frame) for frame in range(11)]
  assert starts == [0, 3, 6, 9, 12, 16, 19, 22, 25, 28, 32]


def test_a_frame_hears_the_five_frames_around_it():
  assert alignment.frame_start(2) == alignment.window_start(0)
  assert alignment.frame_start(0) == alignment.window_start(-2) == -7


def test_reference_training_hears_one_frame_later():
  for frame in range(50):
    assert alignment.frame_start(
      frame, reference_alignment=True
    ) == alignment.frame_start(frame + 1)


@pytest.mark.parametrize('reference', [False, True])
def test_time_and_frame_agree_at_25_fps(reference):
  for frame in range(1000):
    centre = fractions.Fraction(2 * frame + 1, 50)
    assert alignment.time_start(
      centre, reference_alignment=reference
    ) == alignment.frame_start(frame, reference_alignment=reference)


def test_the_window_of_a_frame_is_centred_on_it_at_any_rate():
  for fps in (24, 25, fractions.Fraction(30_000, 1001), 50, 60):
    for frame in range(200):
      centre = (frame + fractions.Fraction(1, 2)) / fps
      start = alignment.time_start(centre)
      # Row r is centred on r * 12.5 ms; the window's middle is row 7.5.
      middle = (start + 7.5) / audio.ROWS_PER_SECOND
      # 16 rows have no middle row and starts are whole: 0.5 to 1.5 rows early.
      assert -0.019 <= middle - float(centre) <= -0.006


def test_rows_outside_the_sound_are_silence():
  mel = np.arange(20 * 80, dtype=np.float32).reshape(20, 80)
  window = alignment.window(mel, -3)
  assert window.shape == (80, 16, 1)
  assert (window[:, :3] == audio.SILENCE).all()
  np.testing.assert_array_equal(window[:, 3:, 0], mel[:13].T)
  assert (alignment.window(mel, 20) == audio.SILENCE).all()
