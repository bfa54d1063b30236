"""Crops to the generator and back, in batches of one size."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from input_pipeline import alignment, tracks
from lipsync_jax.inference import follow, speech
from lipsync_jax.inference import references as references_lib


@runtime_checkable
class Generator(Protocol):
  """Draws faces that say a sound.

  Attributes:
    image_size: s, pixels of a square crop.
    sound: what it hears, a key of `input_pipeline.alignment.SOUNDS`.
    reference_alignment: which window of it belongs to a frame, see there.
    reference: what it is best shown, 'fixed' or 'same', see `edit`.
  """

  image_size: int
  sound: str
  reference_alignment: bool
  reference: str

  def __call__(
    self, sound: np.ndarray, faces: np.ndarray, reference: np.ndarray
  ) -> np.ndarray:
    """Generates n faces.

    Args:
      sound: [n, bands, rows, 1] float32.
      faces: [n, s, s, 3] uint8 RGB; the generator masks what it must not see.
      reference: [n, s, s, 3] uint8 RGB, the same person at any moment.

    Returns:
      [n, s, s, 3] uint8 RGB.
    """


class Mouth(NamedTuple):
  """What takes the place of one face's lower half.

  Attributes:
    generated: uint8 RGB [s, s, 3].
    original: uint8 RGB [s, s, 3], the crop it was made from.
    box: where that was taken from.
    strength: 0..1.
  """

  generated: np.ndarray
  original: np.ndarray
  box: tracks.CropBox
  strength: float


class Edited(NamedTuple):
  """A picture, and its new mouths; none: it passes through."""

  frame: follow.Frame
  mouths: list[Mouth]


def edit(
  frames: Iterable[follow.Frame],
  windows: Sequence[speech.Windows],
  generator: Generator,
  *,
  batch_size: int,
  reference: str,
  first: int = 0,
  enhancer: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
  timed=contextlib.nullcontext,
) -> Iterator[Edited]:
  """Generates the faces of a stream of pictures.

  The generator is always called with `batch_size` rows, the missing ones
  zero, so that it is compiled once. The window of sound of a frame is that of
  the middle of its time on screen.

  Args:
    frames: with their boxes.
    windows: of the sound that drives each face of a frame.
    generator: see `Generator`.
    batch_size: faces per call; also the most pictures that wait for a call.
    reference: 'fixed' shows the generator one crop of the face for 3 s, which
      is what it was trained with: another moment. 'same' shows the frame's own
      crop, as Wav2Lip's inference does; a young network copies its mouth.
    first: of the frames before this one nothing is generated; they only matter
      for the references.
    enhancer: called with every generated crop and its original, both uint8 RGB
      [s, s, 3]; returns the crop to use instead, uint8 RGB [r, r, 3], of any
      size r of s or more.
    timed: called without arguments, a context for the generator's work.
  """
  if batch_size < len(windows):
    raise ValueError(f'{len(windows)} faces need a batch of as many.')
  references = [
    references_lib.References(reference, generator.image_size) for _ in windows
  ]
  for group in _grouped(frames, batch_size):
    batch = _Batch(generator, batch_size)
    for frame in group:
      for face, box in enumerate(frame.boxes):
        if box is None:
          references[face].forget()
          continue
        shown = references[face].pick(frame, box)
        if frame.shown.index >= first:
          centre = (frame.shown.time + frame.shown.end) / 2
          sound = windows[face].at(
            centre, reference_alignment=generator.reference_alignment
          )
          batch.add(frame, face, sound, shown)
    with timed():
      batch.run()
    for frame in group:
      mouths = [
        batch.mouth(frame, face, enhancer)
        for face in range(len(windows))
        if batch.has(frame, face)
      ]
      yield Edited(frame, mouths)


def _grouped(
  frames: Iterable[follow.Frame], size: int
) -> Iterator[list[follow.Frame]]:
  """As many pictures as have at most `size` faces, and at most `size`."""
  group, faces = [], 0
  for frame in frames:
    more = sum(box is not None for box in frame.boxes)
    if group and (faces + more > size or len(group) == size):
      yield group
      group, faces = [], 0
    group.append(frame)
    faces += more
  if group:
    yield group


class _Batch:
  """One call of the generator."""

  def __init__(self, generator: Generator, size: int):
    side = generator.image_size
    bands, length, _ = alignment.SOUNDS[generator.sound]
    self._generator = generator
    self._faces = np.zeros((size, side, side, 3), np.uint8)
    self._shown = np.zeros_like(self._faces)
    self._sound = np.zeros((size, bands, length, 1), np.float32)
    self._rows: dict[tuple[int, int], int] = {}

  def add(self, frame: follow.Frame, face: int, sound, reference) -> None:
    row = self._rows[frame.shown.index, face] = len(self._rows)
    self._faces[row] = tracks.crop_picture(
      frame.shown.picture, frame.boxes[face], len(self._faces[0])
    )
    self._shown[row] = self._faces[row] if reference is None else reference
    self._sound[row] = sound

  def run(self) -> None:
    if self._rows:
      self._made = self._generator(self._sound, self._faces, self._shown)

  def has(self, frame: follow.Frame, face: int) -> bool:
    return (frame.shown.index, face) in self._rows

  def mouth(self, frame: follow.Frame, face: int, enhancer) -> Mouth:
    row = self._rows[frame.shown.index, face]
    made, original = self._made[row], self._faces[row]
    if enhancer is not None:
      made = _enhanced(enhancer, made, original)
    return Mouth(made, original, frame.boxes[face], frame.strengths[face])


def _enhanced(enhancer, made: np.ndarray, original: np.ndarray) -> np.ndarray:
  finer = np.asarray(enhancer(made, original))
  side = len(finer) if finer.ndim else 0
  square = finer.shape == (side, side, 3) and side >= len(made)
  if not square or finer.dtype != np.uint8:
    raise ValueError(
      f'The enhancer returned {finer.dtype} {finer.shape}; it has to return a '
      f'square uint8 RGB picture [r, r, 3], r at least {len(made)}.'
    )
  return finer
