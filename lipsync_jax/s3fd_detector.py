"""S3FD as a face detector of the data preparation and of the dubbing.

About 150 GFLOP per frame of 640 x 360: made for an accelerator, hence batches.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np

from input_pipeline import faces
from lipsync_jax import checkpoint, compilation_cache, networks
from lipsync_jax.models import s3fd

# Of the published detector (sfd_detector.py). It lets candidates of 0.05 into
# the suppression and drops those below 0.5 after it; as the surest box goes
# first, the weak ones never decide anything, and are dropped before.
_SURE = 0.5
_OVERLAP = 0.3  # intersection over union above which two boxes are one face


class Detector:
  """S3FD behind `faces.BatchDetector`; one compilation per frame size.

  Boxes are the network's own, not checked against YuNet's on pictures: no
  trained weights were at hand. They should mean the same, mid-forehead to below
  the chin, because both learnt them from WIDER FACE's annotations. There are no
  landmarks, so `tracks` takes the place from the forehead's edge and smooths it
  as it does for the cascade.

  Threads may share it.

  Attributes:
    batch_size: frames the network is run on at a time; fewer are filled up.
    max_side: frames are searched in a copy whose long side is at most this.
    fingerprint: changes with the weights and with `max_side`.
  """

  name = 's3fd'

  def __init__(
    self,
    network: s3fd.S3FD,
    variables: Mapping[str, Any],
    *,
    max_side: int | None = faces.MAX_SIDE,
    batch_size: int = 8,
  ):
    """Takes the network and its variables to the first device.

    Args:
      network: with any width.
      variables: {'params': ...} of the network.
      max_side: None searches frames as they are, as the papers did; slower by
        the area, and what changes is small faces.
      batch_size: one of the first layers' maps takes 0.5 GB for 8 frames of
        640 x 360, and 4 GB for 8 of 1920 x 1080.

    Raises:
      ValueError: a number makes no sense.
    """
    if batch_size < 1 or (max_side is not None and max_side < s3fd.MIN_SIDE):
      raise ValueError(
        f'batch_size={batch_size} must be at least 1, max_side={max_side} at '
        f'least {s3fd.MIN_SIDE}.'
      )
    self.batch_size = batch_size
    self.max_side = max_side
    self.fingerprint = f's3fd {_digest(variables)} {max_side}'
    self._variables = jax.device_put(variables, jax.devices()[0])

    @jax.jit
    def search(variables, frames):
      return s3fd.decode(network.apply(variables, frames.astype(jnp.float32)))

    self._search = search

  def __call__(self, frame: np.ndarray) -> list[faces.Detection]:
    """[h, w, 3] uint8 RGB -> the faces, best first."""
    return self.detect_batch([frame])[0]

  def detect_batch(
    self, frames: Sequence[np.ndarray]
  ) -> list[list[faces.Detection]]:
    """[h, w, 3] uint8 RGB each -> of each frame the faces, best first.

    Raises:
      ValueError: frames differ in size.
    """
    if len({frame.shape for frame in frames}) > 1:
      raise ValueError('The frames of a batch must be of one size.')
    found = []
    for start in range(0, len(frames), self.batch_size):
      found += self._detect(frames[start : start + self.batch_size])
    return found

  def _detect(self, frames: Sequence[np.ndarray]) -> list[list]:
    """At most `batch_size` frames."""
    limit = self.max_side or max(frames[0].shape)
    shrunk = [faces.shrink(frame, limit) for frame in frames]
    height, width, _ = shrunk[0][0].shape
    if min(height, width) < s3fd.MIN_SIDE:
      return [[] for _ in frames]  # no room for the smallest face
    batch = np.zeros((self.batch_size, height, width, 3), np.uint8)
    for k, (small, _) in enumerate(shrunk):
      batch[k] = small
    boxes, scores = jax.device_get(self._search(self._variables, batch))
    return [
      _faces(boxes[k], scores[k], scale) for k, (_, scale) in enumerate(shrunk)
    ]


def load(workdir: str | os.PathLike, **options) -> Detector:
  """The detector of a folder that tools.convert_checkpoint wrote.

  Args:
    workdir: the folder.
    **options: of `Detector`.

  Raises:
    ValueError: it is not there, or holds something else.
  """
  try:
    network, variables, _ = networks.load(os.fspath(workdir), 'detector')
  except checkpoint.CheckpointError as error:
    raise ValueError(
      f'No S3FD detector in {workdir}: tools.convert_checkpoint makes such a '
      f'folder from the published weights. ({error})'
    ) from error
  if not isinstance(network, s3fd.S3FD):
    raise ValueError(
      f'The detector in {workdir} is a {type(network).__name__}, not S3FD.'
    )
  compilation_cache.enable()
  return Detector(network, variables, **options)


def suppress(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
  """Which of [n, 4] boxes are faces of their own: indices, best first."""
  # The original counts pixels, both ends included: sides are longer by one.
  sides = boxes[:, 2:] - boxes[:, :2] + 1
  places = np.concatenate([boxes[:, :2], sides], 1).astype(np.float64)
  kept = cv2.dnn.NMSBoxes(
    places.tolist(), scores.astype(np.float32).tolist(), _SURE, _OVERLAP
  )
  return np.array(kept, np.int64)


def _faces(
  boxes: np.ndarray, scores: np.ndarray, scale: float
) -> list[faces.Detection]:
  """Boxes [a, 4] and scores [a] of one frame's anchors to its faces."""
  sure = scores > _SURE
  boxes, scores = boxes[sure], scores[sure]
  return [
    faces.Detection(
      tuple((boxes[k] * scale).tolist()), float(scores[k]), ends_at_chin=True
    )
    for k in suppress(boxes, scores)
  ]


def _digest(variables: Mapping[str, Any]) -> str:
  digest = hashlib.sha256()
  for leaf in jax.tree.leaves(variables):
    digest.update(np.ascontiguousarray(leaf))
  return digest.hexdigest()[:16]
