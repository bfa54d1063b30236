"""Draws a prepared avatar saying a sound."""

from collections.abc import Sequence

import numpy as np

from input_pipeline import alignment, sounds, tracks
from lipsync_jax.inference import avatar as avatars
from lipsync_jax.inference import edit, paste, references


class Portrait:
  """An avatar before a generator, with all that can be made beforehand.

  Args:
    avatar: who is shown.
    generator: see `edit.Generator`.
  """

  def __init__(self, avatar: avatars.Avatar, generator: edit.Generator):
    self._avatar, self._generator = avatar, generator
    size = generator.image_size
    self._faces = np.stack(
      [
        tracks.crop(frame, avatar.box(number), size)
        for number, frame in enumerate(avatar.frames)
      ]
    )
    self._refresh = 1  # each picture is its own reference
    if generator.reference == 'fixed':
      self._refresh = max(1, round(references.REFRESH * avatar.fps))
    self._silent: dict[int, np.ndarray] = {}  # faces with nothing to say

  def warm_up(self, batch_sizes: Sequence[int]) -> None:
    """Calls the generator with every batch size, so that all is compiled."""
    for size in batch_sizes:
      self._generate([0] * size, [self._silence()] * size)

  def draw(
    self, indices: Sequence[int], windows: Sequence[np.ndarray]
  ) -> list[np.ndarray]:
    """Pictures uint8 RGB [h, w, 3] of frames, for their windows of sound."""
    numbers = [self._avatar.number(index) for index in indices]
    faces = self._generate(numbers, windows)
    return [self._paste(*pair) for pair in zip(numbers, faces, strict=True)]

  def draw_silent(self, index: int) -> np.ndarray:
    """The picture uint8 RGB [h, w, 3] of a frame without sound."""
    number = self._avatar.number(index)
    if number not in self._silent:
      [self._silent[number]] = self._generate([number], [self._silence()])
    return self._paste(number, self._silent[number])

  def _generate(self, numbers, windows) -> np.ndarray:
    """[n, s, s, 3] uint8 faces."""
    shown = [number // self._refresh * self._refresh for number in numbers]
    return self._generator(
      np.stack(windows), self._faces[numbers], self._faces[shown]
    )

  def _paste(self, number: int, face: np.ndarray) -> np.ndarray:
    return paste.paste(
      self._avatar.frames[number],
      face,
      self._avatar.box(number),
      original=self._faces[number],
    )

  def _silence(self) -> np.ndarray:
    sound = self._generator.sound
    row = sounds.silence(sound)[:, None, None]
    return np.repeat(row, alignment.SOUNDS[sound].rows, axis=1)
