"""A person ready to speak: pictures whose face was found beforehand."""

import dataclasses
import fractions
import functools
import itertools
import zipfile
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

from input_pipeline import detections, faces, media, records, tracks

_UNREADABLE = (
  OSError,
  EOFError,
  KeyError,
  TypeError,
  ValueError,
  zipfile.BadZipFile,
)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Avatar:
  """Pictures of one person without a cut, each with its face.

  Attributes:
    pictures: JPEG each, all of one even size.
    boxes: [n, 3] float64: centre x, y and side of `tracks.CropBox`.
    fps: their rate.
  """

  pictures: Sequence[bytes]
  boxes: np.ndarray
  fps: fractions.Fraction

  @functools.cached_property
  def frames(self) -> np.ndarray:
    """[n, h, w, 3] uint8 RGB; decoded once and kept."""
    return records.decode_frames(self.pictures)

  def box(self, number: int) -> tracks.CropBox:
    """The face of a picture."""
    return tracks.CropBox(*map(float, self.boxes[number]))

  def number(self, index: int) -> int:
    """The picture shown in frame `index` of any length: to and fro."""
    last = len(self.pictures) - 1
    if not last:
      return 0
    index %= 2 * last
    return min(index, 2 * last - index)

  def save(self, path) -> None:
    """Writes one .npz, from which `load` gives the very same avatar."""
    with open(path, 'wb') as file:
      np.savez(
        file,
        face_crop=np.array(tracks.FACE_CROP),
        lengths=np.array([len(picture) for picture in self.pictures]),
        pictures=np.frombuffer(b''.join(self.pictures), np.uint8),
        boxes=self.boxes,
        fps=np.array([self.fps.numerator, self.fps.denominator]),
      )


def load(path) -> Avatar:
  """What `Avatar.save` wrote.

  Raises:
    MediaError: it is no such file, or of another version.
  """
  try:
    # Opened here: np.load leaves a broken file open.
    with open(path, 'rb') as file, np.load(file, allow_pickle=False) as archive:
      stored = dict(archive)
    convention = str(stored['face_crop'])
    ends = np.cumsum(stored['lengths']).tolist()
    data = stored['pictures'].tobytes()
    pictures = [data[a:b] for a, b in itertools.pairwise([0, *ends])]
    made = Avatar(
      tuple(pictures),
      stored['boxes'],
      fractions.Fraction(*stored['fps'].tolist()),
    )
  except _UNREADABLE as error:
    raise media.MediaError(
      f'{path}: is not an avatar; make one from a video with avatar.prepare.'
    ) from error
  if convention != tracks.FACE_CROP:
    raise media.MediaError(
      f'{path}: was made with face crop {convention!r}, this is '
      f'{tracks.FACE_CROP!r}; make it again from the video.'
    )
  return made


def prepare(
  source,
  detector: Callable | None = None,
  *,
  fps: fractions.Fraction | int = 25,
  max_seconds: float = 10.0,
  max_height: int = 720,
  detect_every: int = 5,
) -> Avatar:
  """Finds the face of a video once and for all.

  Of the first `max_seconds` the longest passage is taken in which the largest
  face is seen without a break or a jump. Ten seconds of 720p are about 40 MB
  (700 MB once decoded).

  Args:
    source: any video or picture FFmpeg reads.
    detector: see `input_pipeline.faces`; by default `make_detector()`.
    fps: frames a second of the avatar and of all that is made of it.
    max_seconds: of the video.
    max_height: higher pictures are made smaller.
    detect_every: look for faces in every k-th frame.

  Raises:
    MediaError: it cannot be read, or has no face.
  """
  fps = fractions.Fraction(fps)
  most = max(1, round(max_seconds * fps))
  pictures: list[bytes] = []
  found = detections.detect(
    _stored(source, fps, most, max_height, pictures),
    detector or faces.make_detector(),
    every=detect_every,
  )
  largest = [
    max(looked, key=lambda face: face.size) if looked else None
    for looked in found
  ]
  boxes = tracks.smooth_track(largest, fps=float(fps))
  first, end = _longest(largest, boxes)
  if first == end:
    raise media.MediaError(
      f'{source}: no face was found in its first {max_seconds:g} s; choose '
      'footage that shows one from the front.'
    )
  return Avatar(
    tuple(pictures[first:end]),
    np.array([dataclasses.astuple(box) for box in boxes[first:end]]),
    fps,
  )


def _stored(
  source, fps, most: int, max_height: int, pictures: list[bytes]
) -> Iterator[np.ndarray]:
  """Frames of even size, each appended to `pictures` as JPEG."""
  for _, image in itertools.islice(media.read_frames(source, fps=fps), most):
    height, width = image.shape[:2]
    if height > max_height:
      size = round(width * max_height / height), max_height
      image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
      height, width = image.shape[:2]
    if min(height, width) < 2:
      raise media.MediaError(f'{source}: {width}x{height} is too small.')
    image = np.ascontiguousarray(image[: height // 2 * 2, : width // 2 * 2])
    pictures.append(records.encode_frame(image))
    yield image


def _longest(largest, boxes) -> tuple[int, int]:
  """First and end of the longest run of boxes in which the face never jumps."""
  best, start, last = (0, 0), 0, None
  for k, (face, box) in enumerate(zip(largest, boxes, strict=True)):
    if box is None:
      start, last = k + 1, None
      continue
    if face and last and tracks.jumped(last, face):
      start = k
    last = face or last
    best = max(best, (start, k + 1), key=lambda run: run[1] - run[0])
  return best
