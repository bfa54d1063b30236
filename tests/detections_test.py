"""Looking at few frames finds what looking at all would."""

from made_faces import face

from input_pipeline import detections, tracks


class Watcher:
  """Knows which frames show a face, and counts who was looked at."""

  name = 'watcher'

  def __init__(self, visible):
    self.visible, self.looked = visible, []

  def __call__(self, k):
    self.looked.append(k)
    return [face()] if k in self.visible else []


def test_detection_skips_frames_while_nothing_changes():
  watcher = Watcher(range(11))
  found = list(detections.detect(range(11), watcher, every=5))
  assert watcher.looked == [0, 5, 10]
  assert [f is None for f in found] == [k % 5 > 0 for k in range(11)]


def test_a_face_that_leaves_is_found_to_the_frame():
  watcher = Watcher(range(8))
  found = list(detections.detect(range(16), watcher, every=5))
  boxes = tracks.smooth_track([looks[0] if looks else None for looks in found])
  assert [box is not None for box in boxes] == [k < 8 for k in range(16)]
  assert watcher.looked == [0, 5, 10, 6, 7, 8, 9, 15]


def test_frames_after_the_last_look_are_looked_at():
  watcher = Watcher(range(3))
  list(detections.detect(range(3), watcher, every=5))
  assert watcher.looked == [0, 1, 2]


def test_two_faces_in_another_order_are_no_change():
  seen = [face(x=100), face(x=400)]
  looked = []

  class Swapping:
    name = 'swapping'

    def __call__(self, k):
      looked.append(k)
      return seen[:: 1 if k % 2 else -1]

  list(detections.detect(range(16), Swapping(), every=5))
  assert looked == [0, 5, 10, 15]
