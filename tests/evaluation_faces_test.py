"""Squares of a source, and of what is longer or shorter than it."""

import fractions

import numpy as np
import pytest

from input_pipeline import alignment, media, tracks
from lipsync_jax.evaluation import faces
from lipsync_jax.inference import schedule
from tests import fakes, videos


@pytest.mark.parametrize('fit', schedule.FITS)
@pytest.mark.parametrize('frames', [1, 2, 5])
def test_squares_go_with_the_pictures_that_dubbing_shows(tmp_path, fit, frames):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(frames))
  timing = media.timing(path)
  seconds = fractions.Fraction(14, alignment.FPS)
  shown = schedule.shown(path, timing, seconds=seconds, fit=fit)
  numbers = [picture.number for picture in shown]
  boxes = [tracks.CropBox(float(k), 0.0, 1.0) for k in range(frames)]
  found = [round(box.cx) for box in faces.fitted(boxes, 14, fit)]
  if fit == 'cut' and frames == 1:  # a still picture is not cut
    numbers = numbers[:1]
  assert found == numbers


def test_a_shorter_output_has_the_first_squares():
  box = tracks.CropBox(1.0, 2.0, 3.0)
  assert faces.fitted([box, None, box], 2, 'bounce') == [box, None]
  assert faces.fitted([], 2, 'freeze') == []


def test_the_more_prominent_face_of_each_shot_is_followed(tmp_path):
  dark, light = videos.ramp(1)[0] * 0 + 60, videos.ramp(1)[0] * 0 + 200
  path = videos.write(tmp_path / 'a.mp4', [dark] * 20 + [light] * 20)

  class Detector(fakes.FakeDetector):
    large = fakes.FakeDetector((30.0, 8.0, 58.0, 44.0))

    def __call__(self, frame):
      found = super().__call__(frame)
      return found + self.large(frame) if frame.mean() > 100 else found

  detector = Detector((4.0, 4.0, 20.0, 28.0))
  found = faces.squares(path, detector, every=2)
  assert len(found) == 40
  first, second = (
    np.mean([box.cx for box in x]) for x in (found[:20], found[20:])
  )
  assert first == pytest.approx(12, abs=2)
  assert second == pytest.approx(44, abs=2)


def test_pieces_are_what_is_within_the_squares(tmp_path):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(60))
  box = tracks.CropBox(30.0, 24.0, 32.0)
  boxes = [box] * 20 + [None] * 5 + [box] * 35
  found = list(faces.pieces(path, boxes, 32))
  assert [(p.start, len(p.crops)) for p in found] == [(0, 20), (25, 35)]
  for piece in found:
    assert piece.crops.shape[1:] == (32, 32, 3)
    shown = [videos.number(crop) for crop in piece.crops]
    assert shown == list(range(piece.start, piece.start + len(shown)))


def test_a_piece_ends_with_the_video(tmp_path):
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(30))
  boxes = [tracks.CropBox(30.0, 24.0, 32.0)] * 100
  [piece] = faces.pieces(path, boxes, 32)
  assert len(piece.crops) == len(piece.boxes) == 30
  sound = np.arange(30 * 640, dtype=np.int16)
  chunk = faces.chunk(piece, sound)
  assert chunk.num_frames == 30 and chunk.start_frame == 0
