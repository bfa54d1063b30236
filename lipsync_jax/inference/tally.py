"""Counting while frames are written: what was edited where, and what not."""

import dataclasses

from lipsync_jax.inference import schedule


@dataclasses.dataclass(frozen=True)
class Range:
  """Frames first..last (both included) left as they were, and why."""

  first: int
  last: int
  start_seconds: float
  end_seconds: float
  reason: str


@dataclasses.dataclass(frozen=True)
class Face:
  """One face that was asked for: in how many frames, and where first.

  Attributes:
    frames: that have its new lips.
    seconds: of the output, when it was first edited.
    x, y, side: of its square then, pixels.
  """

  frames: int
  seconds: float
  x: int
  y: int
  side: int


class Tally:
  """Counts frames as they pass and joins the untouched ones to ranges.

  Attributes:
    frames, edited: how many so far.
    repeats: how often the source has turned round or begun again.
  """

  def __init__(self):
    self._ranges: list[Range] = []
    self._number, self._step = -1, 1
    self._faces: dict[int, Face] = {}
    self.frames = 0
    self.edited = 0
    self.repeats = 0

  def add(self, shown: schedule.Shown, reason: str | None) -> None:
    """One more frame: edited (None), or left as it was for this reason."""
    index = self.frames
    self.frames += 1
    self._turns(shown.number)
    if reason is None:
      self.edited += 1
      return
    end = round(float(shown.end), 3)
    if self._ranges:
      last = self._ranges[-1]
      if last.last == index - 1 and last.reason == reason:
        self._ranges[-1] = dataclasses.replace(
          last, last=index, end_seconds=end
        )
        return
    begin = round(float(shown.time), 3)
    self._ranges.append(Range(index, index, begin, end, reason))

  def see(self, shown: schedule.Shown, boxes) -> None:
    """The squares that were edited in a frame; None where a face was not."""
    for number, box in enumerate(boxes):
      if box is None:
        continue
      before = self._faces.get(number) or Face(
        0,
        round(float(shown.time), 3),
        round(box.cx),
        round(box.cy),
        round(box.side),
      )
      self._faces[number] = dataclasses.replace(
        before, frames=before.frames + 1
      )

  def faces(self, count: int) -> tuple[Face | None, ...]:
    return tuple(map(self._faces.get, range(count)))

  def ranges(self) -> tuple[Range, ...]:
    return tuple(self._ranges)

  def _turns(self, number: int) -> None:
    step = number - self._number
    if step * self._step < 0:
      self._step = 1 if number == 0 else -self._step
      self.repeats += 1
    self._number = number
