"""One face through a stream, smoothed with a bounded look ahead."""

import numpy as np
import pytest

from input_pipeline import faces, tracks
from lipsync_jax.inference import choose, follow, usable
from tests import pictures

PLAIN = np.full((90, 160, 3), 100, np.uint8)
DARK = np.full((90, 160, 3), 10, np.uint8)


def face(x, y=40.0, width=30.0):
  """A face whose centre is x, y."""
  box = (x - width / 2, y - 0.7 * width, x + width / 2, y + 0.7 * width)
  return faces.Detection(box, 0.9)


class Scripted:
  """Says for the k-th picture what it is told; look at all to count right."""

  name = 'scripted'

  def __init__(self, script):
    self.script = iter(script)

  def __call__(self, frame):
    return next(self.script)


def run(script, images=None, *, face='largest', fps=25.0, every=1):
  pictures = shown(images or [PLAIN] * len(script))
  return list(
    follow.follow(
      pictures,
      Scripted(script),
      chooser=choose.make(face),
      fps=fps,
      every=every,
    )
  )


def shown(images, fps=25):
  return [pictures.shown(image, k, fps) for k, image in enumerate(images)]


def test_every_picture_comes_out_once_in_order():
  frames = run([[face(80)]] * 130)
  assert [frame.shown.index for frame in frames] == list(range(130))
  assert all(frame.strengths[0] == 1 for frame in frames)


@pytest.mark.parametrize(('fps', 'every'), [(4.0, 5), (8.0, 5), (25.0, 40)])
def test_looks_are_near_enough_to_be_joined(fps, every):
  frames = run([[face(80)]] * 60, fps=fps, every=every)
  assert all(frame.boxes[0] is not None for frame in frames)
  assert not all(frame.looked for frame in frames)


def test_boxes_are_those_of_smoothing_the_whole():
  rng = np.random.default_rng(0)
  walk = 80 + np.cumsum(rng.normal(0, 0.5, 300))
  widths = 30 + np.cumsum(rng.normal(0, 0.1, 300))
  script = [face(x, 40, w) for x, w in zip(walk, widths, strict=True)]
  whole = tracks.smooth_track(script)
  frames = run([[detection] for detection in script])
  errors = [
    (f.boxes[0].cx - w.cx, f.boxes[0].cy - w.cy, f.boxes[0].side - w.side)
    for f, w in zip(frames, whole, strict=True)
  ]
  # In pixels, of a square of 47: the future beyond 1.5 s has little say.
  assert np.abs(errors).max() < 0.5
  moves = np.diff(
    [(f.boxes[0].cx, f.boxes[0].cy, f.boxes[0].side) for f in frames], axis=0
  )
  smooth = np.diff([(w.cx, w.cy, w.side) for w in whole], axis=0)
  assert np.abs(moves - smooth).max() < 0.3


def test_it_stays_with_the_largest_face_it_began_with():
  grows = [[face(40, width=30), face(120, width=20 + k / 5)] for k in range(80)]
  frames = run(grows)
  assert all(abs(frame.boxes[0].cx - 40) < 1 for frame in frames)


def test_another_face_is_taken_only_after_half_a_second():
  both, other = [face(40), face(120, width=25)], [face(120, width=25)]
  frames = run([both] * 50 + [other] * 50)
  found = [frame.found[0] for frame in frames]
  assert all(d is None for d in found[50:62])
  assert all(abs(d.box[0] - 107.5) < 1 for d in found[64:])


def test_at_a_cut_the_largest_is_chosen_again():
  both = [face(40), face(120, width=20)]
  after = [face(40, width=20), face(120)]
  images = [PLAIN] * 40 + [DARK] * 40
  frames = run([both] * 40 + [after] * 40, images)
  assert [frame.shot for frame in frames] == [0] * 40 + [1] * 40
  centres = [frame.boxes[0].cx for frame in frames]
  np.testing.assert_allclose(centres[:40], 40, atol=1)
  np.testing.assert_allclose(centres[40:], 120, atol=1)


def test_the_edit_fades_where_the_face_comes_and_goes():
  frames = run([[face(80)]] * 40 + [[]] * 40 + [[face(80)]] * 40)
  strengths = [frame.strengths[0] for frame in frames]
  assert strengths[:37] == [1] * 37  # no fade where the video begins
  assert strengths[37:40] == [0.75, 0.5, 0.25]
  assert all(frame.boxes[0] is None for frame in frames[40:80])
  assert strengths[80:83] == [0.25, 0.5, 0.75]


def test_a_missed_frame_is_edited_but_not_a_hand_before_the_mouth():
  seen, gone = [[face(80)]], [[]]
  script = seen * 40 + gone * 4 + seen * 40 + gone * 9 + seen * 40
  frames = run(script)
  edited = [frame.boxes[0] is not None for frame in frames]
  assert edited == [True] * 84 + [False] * 9 + [True] * 40
  assert {frame.reason for frame in frames[84:93]} == {usable.LOST}
  assert [frame.strengths[0] for frame in frames[81:84]] == [0.75, 0.5, 0.25]


def test_no_fade_at_a_cut():
  images = [PLAIN] * 40 + [DARK] * 40
  frames = run([[face(80)]] * 40 + [[]] * 40, images)
  assert all(frame.strengths[0] == 1 for frame in frames[:40])


def test_a_face_seen_less_than_a_look_from_a_cut_is_edited_up_to_it():
  images = [PLAIN] * 43 + [DARK] * 40
  script = [face(40), *[face(40)] * 60]
  frames = list(
    follow.follow(
      shown(images),
      Scripted([[one] for one in script]),
      chooser=choose.make('largest'),
      fps=25.0,
      every=5,
    )
  )
  assert [frame.shot for frame in frames] == [0] * 43 + [1] * 40
  assert not frames[42].looked
  assert all(frame.boxes[0] is not None for frame in frames)


def test_what_is_wrong_with_a_face_is_said():
  turned = faces.Detection(
    (60.0, 10.0, 100.0, 66.0),
    0.9,
    # Both eyes and mouth corners on one side of the nose: a profile.
    np.array([(84, 30), (90, 30), (66, 42), (80, 54), (84, 54)], np.float32),
  )
  tiny = face(80, width=10)
  black = np.zeros_like(PLAIN)
  script = [[]] * 30 + [[face(80)]] * 30 + [[]] * 30
  script += [[turned]] * 30 + [[tiny]] * 30 + [[]] * 30
  frames = run(script, [PLAIN] * 150 + [black] * 30)
  told = [frames[k].reason for k in (10, 45, 75, 105, 135, 170)]
  assert told == [
    usable.NONE,
    '',
    usable.LOST,
    usable.TURNED,
    usable.SMALL,
    usable.BLACK,
  ]


@pytest.mark.parametrize('megabytes', [1, 8])
def test_large_pictures_shorten_the_look_ahead(monkeypatch, megabytes):
  monkeypatch.setattr(follow, '_MEMORY', megabytes * 10**6)
  taken = []
  images = (
    taken.append(k) or pictures.shown(PLAIN, k, 100) for k in range(500)
  )
  stream = follow.follow(
    images,
    Scripted([[face(80)]] * 500),
    chooser=choose.make('largest'),
    fps=100.0,
    every=1,
  )
  next(stream)
  hop, room = 20, megabytes * 10**6 // PLAIN.nbytes
  assert len(taken) <= max(hop, min(150, room)) + hop + 4
  stream.close()


@pytest.mark.parametrize('score', [0.94, 0.88])
def test_an_upside_down_face_is_left_alone(score):
  """A detector that finds it in either picture, more surely in one."""
  points = np.array(
    [(72, 30), (88, 30), (80, 40), (74, 50), (86, 50)], np.float32
  )
  marked = PLAIN.copy()
  marked[:10] = 250  # which way up the picture is

  def detector(frame):
    upright = frame[0].mean() > 200
    middle = 40.0 if upright else 50.0  # of 90, so the mirrored place
    box = (65.0, middle - 21, 95.0, middle + 21)
    return [faces.Detection(box, 0.91 if upright else score, points)]

  detector.name = 'both'
  frames = list(
    follow.follow(
      shown([marked] * 40),
      detector,
      chooser=choose.make('largest'),
      fps=25.0,
      every=5,
    )
  )
  edited = [frame.boxes[0] is not None for frame in frames]
  assert edited == [score < 0.91] * 40
  reason = '' if score < 0.91 else usable.OVER
  assert {frame.reason for frame in frames} == {reason}
