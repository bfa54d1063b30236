"""One reading per face track of a video: syncnet_python's whole pipeline.

run_pipeline.py and run_syncnet.py of joonson/syncnet_python 6efbb1c, which
Wav2Lip's scores of real videos are made with. Three things are left out: the
original codes the video as MPEG-4 at 25 frames a second before it looks at it
(with MP3 sound, whose coder's delay its AVI does not tell), writes the frames
as JPEG of high quality, and codes the crops as MPEG-4 again. The last loss, the
JPEG that the crops are read back from, is the same. Without the published S3FD
the boxes are another detector's.
"""

import dataclasses
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from input_pipeline import media, run_pipeline, shots
from lipsync_jax.judging import lse
from lipsync_jax.metrics import syncnet_python


@dataclasses.dataclass(frozen=True, eq=False)
class Track:
  """A face through one shot, and what was read of it.

  Attributes:
    first, last: numbers of its frames, at 25 a second.
    clip: what was read; None if it could not be.
    reason: why not; '' otherwise.
  """

  first: int
  last: int
  clip: lse.Clip | None
  reason: str = ''


@dataclasses.dataclass(frozen=True)
class Found:
  """The face tracks of a video.

  Attributes:
    frames: of the video, at 25 a second.
    with_face: in how many of them there is a face.
    longest: greatest number of them in one shot.
    tracks: those that are long and large enough.
  """

  frames: int
  with_face: int
  longest: int
  tracks: list[run_pipeline.Track]

  @property
  def reason(self) -> str:
    """Why there is no track; '' if there is one."""
    if self.tracks:
      return ''
    if not self.with_face:
      return 'no face found'
    return (
      f'no face track: {self.frames} frames, the longest shot has '
      f'{self.longest}, {self.with_face} show a face; --min-track and '
      '--min-face say what is too short and too small'
    )


def find(
  path: str | os.PathLike,
  detector: Callable,
  *,
  rules: run_pipeline.Rules | None = None,
) -> Found:
  """Looks at every frame of a video.

  Args:
    path: any file PyAV reads.
    detector: a `faces.Detector`: S3FD as the original, or any other.
    rules: the original's, if not given.

  Raises:
    media.MediaError: it cannot be decoded.
  """
  cuts = shots.ContentCutFinder()

  def images() -> Iterator[np.ndarray]:
    for picture in media.converted_pictures(path):
      image = picture.image()
      cuts.add(image)
      yield image

  boxes = list(run_pipeline.look(images(), detector, rules=rules))
  bounds = [0, *cuts.cuts, len(boxes)]
  return Found(
    frames=len(boxes),
    with_face=sum(map(bool, boxes)),
    longest=int(np.diff(bounds).max()),
    tracks=run_pipeline.find_tracks(boxes, cuts.cuts, rules=rules),
  )


def crops(
  path: str | os.PathLike,
  track: run_pipeline.Track,
  *,
  rules: run_pipeline.Rules | None = None,
) -> Iterator[np.ndarray]:
  """The frames of a track, [224, 224, 3] uint8 RGB each."""
  rules = rules or run_pipeline.Rules()
  squares = run_pipeline.squares(track.boxes)
  found = media.converted_pictures(path, first=track.first, last=track.last)
  for picture, square in zip(found, squares, strict=False):
    yield run_pipeline.crop(
      picture.image(), square, crop_scale=rules.crop_scale
    )


def read_video(
  judge: Any,
  path: str | os.PathLike,
  detector: Callable,
  *,
  rules: run_pipeline.Rules | None = None,
  jpeg: bool = True,
  max_offset: int = syncnet_python.MAX_OFFSET,
) -> list[Track]:
  """A video with faces somewhere in it ("real-video mode").

  Args:
    judge: from `lse.load`.
    path, detector, rules: as for `find`.
    jpeg, max_offset: as for `lse.read_video`.

  Raises:
    media.MediaError: it cannot be decoded, or has no sound.
    ValueError: there is no face track.
  """
  samples = media.command_sound(path)
  found = find(path, detector, rules=rules)
  if found.reason:
    raise ValueError(f'{found.reason}.')
  tracks = []
  for track in found.tracks:
    begin, end = (640 * k for k in (track.first, track.last + 1))
    trip = media.JpegTrip()
    frames = (
      trip.image(image) if jpeg else image
      for image in crops(path, track, rules=rules)
    )
    clip, reason = None, ''
    try:
      clip = lse.read(judge, frames, samples[begin:end], max_offset=max_offset)
    except ValueError as error:  # the sound ends before it
      reason = str(error)
    tracks.append(Track(track.first, track.last, clip, reason))
  return tracks
