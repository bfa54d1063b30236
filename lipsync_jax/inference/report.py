"""What a dubbing did, for people (JSON) and for programs."""

import dataclasses
import json
import pathlib


@dataclasses.dataclass(frozen=True)
class Range:
  """Frames first..last (both included) left as they were, and why."""

  first: int
  last: int
  start_seconds: float
  end_seconds: float
  reason: str


@dataclasses.dataclass(frozen=True)
class Report:
  """The account of one dubbed file.

  Attributes:
    version: of lipsync_jax.
    video, audio, output: the files.
    frames, edited: how many were written, and how many of them with new lips.
    passed_through: the others, as ranges with reasons.
    fps: exact frame rate, such as '30000/1001'.
    seconds: length of the sound.
    width, height: of the output, pixels.
    repeats: how often the source was started anew, forwards or backwards.
    face_crop: name of the crop convention.
    detector, reference: as used.
    device: what the generator ran on.
    elapsed_seconds: wall time.
    warnings: one line each.
  """

  version: str
  video: str
  audio: str
  output: str
  frames: int
  edited: int
  passed_through: tuple[Range, ...]
  fps: str
  seconds: float
  width: int
  height: int
  repeats: int
  face_crop: str
  detector: str
  reference: str
  device: str
  elapsed_seconds: float
  warnings: tuple[str, ...] = ()

  def to_json(self) -> str:
    return json.dumps(dataclasses.asdict(self), indent=2)

  def save(self, path) -> None:
    pathlib.Path(path).write_text(self.to_json() + '\n', encoding='utf-8')


class Tally:
  """Counts frames as they pass and joins the untouched ones to ranges."""

  def __init__(self, fps):
    self._fps = fps
    self._ranges: list[tuple[int, int, str]] = []
    self.frames = 0
    self.edited = 0

  def add(self, reason: str | None) -> None:
    """One more frame: edited (None), or left as it was for this reason."""
    index = self.frames
    self.frames += 1
    if reason is None:
      self.edited += 1
      return
    if self._ranges:
      first, last, why = self._ranges[-1]
      if last == index - 1 and why == reason:
        self._ranges[-1] = (first, index, why)
        return
    self._ranges.append((index, index, reason))

  def ranges(self) -> tuple[Range, ...]:
    return tuple(
      Range(
        first,
        last,
        round(float(first / self._fps), 3),
        round(float((last + 1) / self._fps), 3),
        reason,
      )
      for first, last, reason in self._ranges
    )
