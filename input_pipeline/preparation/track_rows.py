"""One face track as a row of the manifest."""

import numpy as np

from input_pipeline import alignment, pose, tracking, tracks

_BOX_EVERY = 5  # frames: how densely a row says where the square was
_POSES = 50  # of a track's looks at most are asked for their pose


def describe(
  track: tracking.Track, speaking: np.ndarray
) -> tuple[dict, list[tracks.CropBox | None]]:
  """What is known of a track before its pictures are cut out.

  Args:
    track: of one face within one shot.
    speaking: of each frame of the video, see `track_scores.speaking`.

  Returns:
    Its row, and the square of every frame of `track.span`.
  """
  first, end = track.frames[0], track.frames[-1] + 1
  boxes = tracks.smooth_track(track.detections(), fps=alignment.FPS)
  row = {
    'shot': track.shot,
    'start': seconds(first),
    'end': seconds(end),
    'face_size': _median([look.size for look in track.looks], 1),
    'face_fraction': _round(np.mean([box is not None for box in boxes]), 3),
    'detection_score': _round(np.mean([look.score for look in track.looks]), 3),
    'speech': _round(speaking[first:end].sum() / (end - first), 3),
    'box': [
      [first + k, *(round(v, 1) for v in (box.cx, box.cy, box.side))]
      for k, box in enumerate(boxes)
      if box is not None and k % _BOX_EVERY == 0
    ],
    'face_crop': tracks.FACE_CROP,
  }
  return row | _pose(track), boxes


def add_shots(rows: list[dict], cuts: list[int], frames: int) -> None:
  """Numbers the tracks, and says from when to when their shots last."""
  bounds = [0, *cuts, frames]
  for k, row in enumerate(rows):
    row['track'] = k
    row['shot_start'] = seconds(bounds[row['shot']])
    row['shot_end'] = seconds(bounds[row['shot'] + 1])
    row['shots'] = len(bounds) - 1


def seconds(frame: int) -> float:
  return round(frame / alignment.FPS, 2)


def _pose(track: tracking.Track) -> dict:
  """Median absolute angles, degrees; None where there are no landmarks."""
  step = -(-len(track.looks) // _POSES)
  found = [pose.angles(look) for look in track.looks[::step]]
  found = [angles for angles in found if angles is not None]
  middle = np.median(np.abs(found), axis=0) if found else [None] * 3
  return {
    name: None if angle is None else _round(angle, 1)
    for name, angle in zip(('yaw', 'pitch', 'roll'), middle, strict=True)
  }


def _median(values: list[float], digits: int) -> float:
  return _round(np.median(values), digits)


def _round(value, digits: int) -> float:
  return round(float(value), digits)
