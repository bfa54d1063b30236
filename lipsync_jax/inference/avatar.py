"""A person ready to speak: pictures whose face was found beforehand."""

import dataclasses
import fractions
import functools
import itertools
import zipfile
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

from input_pipeline import faces, media, records, tracks
from lipsync_jax.inference import choose, follow, schedule

_UNREADABLE = (
  ZeroDivisionError,
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
    if len(pictures) != len(stored['boxes']):
      raise ValueError('There is not one square for every picture.')
    made = Avatar(
      tuple(pictures),
      stored['boxes'],
      fractions.Fraction(*stored['fps'].tolist()),
    )
  except FileNotFoundError:
    raise media.MediaError(f'{path}: no such file.') from None
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
  face: str = 'largest',
  max_seconds: float = 10.0,
  max_height: int = 720,
  detect_every: int = 5,
) -> Avatar:
  """Finds a face in a video once and for all.

  Of the first `max_seconds` the longest passage without a cut is taken in which
  the face is seen. Ten seconds of 720p are about 40 MB (700 MB once decoded).

  Args:
    source: any video or picture FFmpeg reads.
    detector: see `input_pipeline.faces`; by default `make_detector()`.
    fps: frames a second of the avatar and of all that is made of it.
    face: whose, see `choose.parse`; not 'speaker'.
    max_seconds: of the video.
    max_height: higher pictures are made smaller.
    detect_every: look for faces in every k-th frame.

  Raises:
    MediaError: it cannot be read, or the face is not to be seen.
    ValueError: an option makes no sense.
  """
  if face == 'speaker':
    raise ValueError("face 'speaker': an avatar is silent; choose another way.")
  chooser, fps = choose.make(face), fractions.Fraction(fps)
  most = max(1, round(max_seconds * fps))
  followed = follow.follow(
    itertools.islice(_shown(source, fps), most),
    detector or faces.make_detector(),
    chooser=chooser,
    fps=float(fps),
    every=detect_every,
  )
  best: list[tuple[bytes, tuple[float, float, float]]] = []
  passage, shot = [], 0
  for frame in followed:
    [box] = frame.boxes
    if box is None or frame.shot != shot:
      passage, shot = [], frame.shot
    if box is not None:
      passage.append(_stored(frame.shown.picture, box, max_height))
      best = max(best, passage, key=len)
  if not best:
    raise media.MediaError(
      f'{source}: no usable face was found in its first {max_seconds:g} s; '
      f'choose footage that shows one from the front. {chooser.missing}'.strip()
    )
  pictures, boxes = zip(*best, strict=True)
  return Avatar(pictures, np.array(boxes), fps)


def _shown(source, fps: fractions.Fraction) -> Iterator[schedule.Shown]:
  pictures = media.read_pictures(source, fps=fps)
  for index, picture in enumerate(pictures):
    time, end = index / fps, (index + 1) / fps
    yield schedule.Shown(index, time, end, picture, index)


def _stored(
  picture: media.Picture, box: tracks.CropBox, max_height: int
) -> tuple[bytes, tuple[float, float, float]]:
  """JPEG of even size, at most `max_height`, and its box."""
  width, height = picture.size
  image = picture.image()
  scale = min(1.0, max_height / height)
  if scale < 1:
    size = max(2, round(width * scale)), max_height
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    height, width = image.shape[:2]
  # Video has its colours at half size.
  image = np.ascontiguousarray(image[: height // 2 * 2, : width // 2 * 2])
  values = box.cx * scale, box.cy * scale, box.side * scale
  return records.encode_frame(image), values
