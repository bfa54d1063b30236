"""Where a face looks, from its five landmarks."""

import cv2
import numpy as np

from input_pipeline import faces

# Where YuNet's five landmarks are on a head, millimetres: right eye, left eye,
# nose tip, right and left mouth corner; x to the viewer's right, y down, z away
# from the camera. Eyes 63 mm apart (Dodgson, 2004), heights and widths as in
# the mean of 18 frontal GRID speakers, whose pose comes out within 5 degrees.
_HEAD = np.array(
  [(-31.5, 0, 0), (31.5, 0, 0), (0, 39, -25), (-28, 65, -8), (28, 65, -8)],
  np.float64,
)


def angles(face: faces.Detection) -> np.ndarray | None:
  """Yaw, pitch and roll of a face in degrees; None if no landmarks tell.

  Against the line of sight, from five points, so rough: it tells frontal from
  turned away. Yaw > 0 looks to the viewer's right, pitch > 0 down, roll > 0
  clockwise.
  """
  if face.landmarks is None:
    return None
  # As if seen in the middle of the picture, from five face heights away.
  points = (face.landmarks - face.landmarks.mean(0)).astype(np.float64)
  focal = 5 * face.size
  camera = np.array([(focal, 0, 0), (0, focal, 0), (0, 0, 1)])
  try:
    found, turn, _ = cv2.solvePnP(
      _HEAD, points, camera, None, flags=cv2.SOLVEPNP_SQPNP
    )
  except cv2.error:  # of points that are all one
    return None
  if not found:
    return None
  pitch, yaw, roll = cv2.RQDecomp3x3(cv2.Rodrigues(turn)[0])[0]
  return np.array([-yaw, pitch, roll])
