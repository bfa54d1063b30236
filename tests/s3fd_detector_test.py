"""S3FD as a detector: batches find what single frames do."""

import jax
import numpy as np
import pytest

from input_pipeline import detections, faces
from lipsync_jax import s3fd_detector
from lipsync_jax.inference import choose, follow
from lipsync_jax.models import s3fd
from tests import pictures as decoded
from tests.small_s3fd import narrow, pictures, variables

pytestmark = pytest.mark.usefixtures('quick_compilation')


def same(a, b):
  """Lists of detections are equal, to rounding."""
  assert [len(x) for x in a] == [len(x) for x in b]
  for one, other in zip(sum(a, []), sum(b, []), strict=True):
    np.testing.assert_allclose(one.box, other.box, rtol=1e-4, atol=1e-3)
    assert one.score == pytest.approx(other.score, abs=1e-5)


def test_batches_find_what_single_frames_do():
  detector, frames = narrow(batch_size=4), pictures(6)
  batched = detector.detect_batch(frames)
  assert sum(map(len, batched)) > 6
  assert np.all(np.diff([d.score for d in batched[0]]) <= 0)
  same(batched, [detector(frame) for frame in frames])


def test_one_compilation_for_a_size(monkeypatch):
  traced, decode = [], s3fd.decode

  def counted(heads):
    traced.append(heads[0].logits.shape)
    return decode(heads)

  monkeypatch.setattr(s3fd, 'decode', counted)
  detector = narrow(batch_size=4)
  detector.detect_batch(pictures(6))
  detector(pictures(1)[0])
  detector(pictures(1, 64, 48)[0])
  assert traced == [(4, 12, 16, 2), (4, 16, 12, 2)]


def test_large_frames_are_searched_small_and_answered_large():
  frame = pictures(1, 64, 96)[0]
  large = frame.repeat(4, 0).repeat(4, 1)
  found = narrow(max_side=96, batch_size=1)(large)
  expected = narrow(max_side=None, batch_size=1)(frame)
  assert found and len(found) == len(expected)
  for a, b in zip(found, expected, strict=True):
    np.testing.assert_allclose(a.box, 4 * np.array(b.box), rtol=1e-4, atol=0.01)


def test_too_small_frames_have_no_face():
  assert narrow().detect_batch(pictures(2, 10, 64)) == [[], []]


def test_frames_of_two_sizes_are_refused():
  with pytest.raises(ValueError, match='of one size'):
    narrow().detect_batch([*pictures(1), *pictures(1, 32, 32)])


@pytest.mark.parametrize('wrong', [{'batch_size': 0}, {'max_side': 8}])
def test_senseless_numbers_are_refused(wrong):
  with pytest.raises(ValueError, match='must be at least'):
    narrow(**wrong)


def test_fingerprint_knows_weights_and_size():
  same, small = narrow(), narrow(max_side=320)
  other = s3fd_detector.Detector(
    s3fd.S3FD(width=2), jax.tree.map(np.negative, variables())
  )
  assert narrow().fingerprint == same.fingerprint
  assert len({d.fingerprint for d in (same, small, other)}) == 3


class Single:
  """The same detector, one frame at a time."""

  name = 'single'

  def __init__(self, detector):
    self.detector = detector

  def __call__(self, frame):
    return self.detector(frame)


@pytest.mark.parametrize('every', [1, 3])
def test_looking_in_batches_changes_nothing(every):
  detector = narrow(batch_size=4)
  # Scenes of several pictures each; within one, looks agree.
  frames = [frame for frame in pictures(5) for _ in range(7)]
  batched = list(detections.detect(frames, detector, every=every))
  single = list(detections.detect(frames, Single(detector), every=every))
  assert [x is None for x in batched] == [x is None for x in single]
  # Not all were looked at, but of those between two looks some were.
  assert (every == 1) == (None not in batched)
  assert any(found for k, found in enumerate(batched[:-every]) if k % 3)
  same([x or [] for x in batched], [x or [] for x in single])


def test_fewer_frames_are_held_where_they_are_large(monkeypatch):
  frames = pictures(9)
  monkeypatch.setattr(detections, '_HELD', 2 * 3 * frames[0].nbytes)
  detector, batches = narrow(batch_size=4), []
  detector._detect = lambda batch: (
    batches.append(len(batch)) or [[]] * len(batch)
  )
  assert len(list(detections.detect(frames, detector, every=3))) == 9
  # Two looks, the third, and what comes after the last look.
  assert batches == [2, 1, 2]


def test_dubbing_follows_the_same_face_in_batches():
  detector = narrow(batch_size=4)
  frames = [frame for frame in pictures(2) for _ in range(9)]
  shown = [decoded.shown(frame, k) for k, frame in enumerate(frames)]
  batched, single = (
    list(
      follow.follow(
        shown, one, chooser=choose.make('largest'), fps=25.0, every=5
      )
    )
    for one in (detector, Single(detector))
  )
  assert [frame.shown for frame in batched] == shown
  squares = [
    [(box.cx, box.cy, box.side) for f in frames for box in f.boxes if box]
    for frames in (batched, single)
  ]
  assert len(squares[0]) > 9
  np.testing.assert_allclose(*squares, rtol=1e-4, atol=1e-3)


def test_a_face_has_the_height_of_its_box():
  [found] = s3fd_detector._faces(
    np.float32([[10, 20, 60, 90]]), np.float32([0.9]), 2.0
  )
  assert found.box == (20, 40, 120, 180) and found.landmarks is None
  assert found.ends_at_chin
  assert found.size == pytest.approx(140)
  assert isinstance(found, faces.Detection)
