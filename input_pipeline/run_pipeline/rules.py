"""The numbers of run_pipeline.py."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Rules:
  """The options of run_pipeline.py, with its defaults.

  Attributes:
    scale: of the frames S3FD looks at (facedet_scale).
    max_gap: frames a face may be lost for (num_failed_det).
    min_track: a track has more detections than this (min_track).
    min_face: mean width or height of a track's boxes, pixels: more than this
      (min_face_size).
    crop_scale: of the crop, see `crop` (crop_scale).
  """

  scale: float = 0.25
  max_gap: int = 25
  min_track: int = 100
  min_face: float = 100.0
  crop_scale: float = 0.4
