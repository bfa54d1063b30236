"""Crops to the generator and back, in batches of one size."""

import fractions
import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from input_pipeline import alignment, tracks
from lipsync_jax.inference import follow, speech

_REFRESH = 3.0  # seconds a fixed reference serves: light and pose change


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


class Edited(NamedTuple):
  """A picture, and what takes its face's place (None: pass it through)."""

  frame: follow.Frame
  generated: np.ndarray | None
  original: np.ndarray | None


def edit(
  frames: Iterable[follow.Frame],
  windows: speech.Windows,
  generator: Generator,
  *,
  fps: fractions.Fraction,
  batch_size: int,
  reference: str,
) -> Iterator[Edited]:
  """Generates the faces of a stream of pictures.

  The generator is always called with `batch_size` rows, the missing ones
  zero, so that it is compiled once. The window of sound of a frame is that of
  the middle of its time on screen.

  Args:
    frames: with their boxes.
    windows: of the driving sound.
    generator: see `Generator`.
    fps: of the output.
    batch_size: pictures per call, edited or not.
    reference: 'fixed' shows the generator one crop of the face for 3 s, which
      is what it was trained with: another moment. 'same' shows the frame's own
      crop, as Wav2Lip's inference does; a young network copies its mouth.
  """
  frames = iter(frames)
  references = _References(reference, round(_REFRESH * fps))
  shape = (batch_size, generator.image_size, generator.image_size, 3)
  while group := list(itertools.islice(frames, batch_size)):
    faces = np.zeros(shape, np.uint8)
    shown = np.zeros(shape, np.uint8)
    bands, length, _ = alignment.SOUNDS[generator.sound]
    sound = np.zeros((batch_size, bands, length, 1), np.float32)
    rows: dict[int, int] = {}  # index of a frame -> its row in the batch
    for frame in group:
      if frame.box is None:
        references.forget()
        continue
      row = rows[frame.index] = len(rows)
      faces[row] = tracks.crop(frame.image, frame.box, generator.image_size)
      shown[row] = references.pick(frame, faces[row])
      centre = fractions.Fraction(2 * frame.index + 1, 2) / fps
      sound[row] = windows.at(
        centre, reference_alignment=generator.reference_alignment
      )
    made = generator(sound, faces, shown) if rows else faces
    for frame in group:
      row = rows.get(frame.index)
      if row is None:
        yield Edited(frame, None, None)
      else:
        yield Edited(frame, made[row], faces[row])


class _References:
  """Which crop the generator is shown as reference."""

  def __init__(self, kind: str, refresh: int):
    if kind not in ('same', 'fixed'):
      raise ValueError(f'Unknown reference {kind!r}: same or fixed.')
    self._fixed = kind == 'fixed'
    self._refresh = refresh
    self.forget()

  def forget(self) -> None:
    """The face was lost: the next one may be another."""
    self._kept = None
    self._shot = self._since = -1

  def pick(self, frame: follow.Frame, face: np.ndarray) -> np.ndarray:
    if not self._fixed:
      return face
    old = frame.index - self._since >= self._refresh
    if self._kept is None or self._shot != frame.shot or old:
      self._kept, self._shot = face.copy(), frame.shot
      self._since = frame.index
    return self._kept
