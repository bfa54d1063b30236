"""Sync of a video file, measured by a trained expert.

Face track and chunks are made as `tools.prepare` makes them, so that an expert
sees what it was trained on.
"""

import os
from collections.abc import Callable

from input_pipeline import media, prepare_video
from lipsync_jax import measure as measure_lib
from lipsync_jax import measurement


def measure(
  judge: measure_lib.Judge,
  path: str | os.PathLike,
  detector: Callable,
  *,
  detect_every: int = prepare_video.Options.detect_every,
) -> measurement.Measurement:
  """Measures the most prominent face of a video.

  Args:
    judge: the expert.
    path: any file PyAV reads.
    detector: finds the face, a `faces.Detector`.
    detect_every: look for it in every k-th frame.

  Raises:
    ValueError: the video cannot be used, or an argument makes no sense.
  """
  # Crops of the size that the expert's own data has, where it is known.
  stored = judge.description.get('data', {}).get('size')
  size = stored or max(prepare_video.Options.size, judge.image_size)
  row, chunks = prepare_video.prepare_video(
    path,
    prepare_video.Options(size=size, detect_every=detect_every),
    clip_id=os.fspath(path),
    speaker='',
    detector=detector,
  )
  if not row['kept']:
    raise ValueError(f'{row["reason"]}.')
  try:
    return judge.measure(chunks)
  except media.MediaError as error:  # It changed since it was looked at.
    raise ValueError(str(error)) from error
