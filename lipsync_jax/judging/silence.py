"""Is the mouth shut when nothing is said? Measured without any truth but time.

A clip's own mouth gives the scale: 0 is its most closed (the mean over the
tenth of its frames with the least opening), 1 its mean opening while it speaks.
The clip is drawn once more with digital silence for its sound, and what is seen
is put on that scale. The opening is the dark between the lips
(`mouth_opening`), so on real people the number is good for comparing networks
and for finding a mouth that stands open, not for millimetres.
"""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from input_pipeline import (
  mouth_opening,
  pauses,
  records,
  sounds,
  whole_clips,
  windows,
)

_CLOSED = 0.1  # share of the frames that are taken to be closed
_LEAST_RANGE = 0.005  # of opening, below which a clip shows no speaking mouth


@dataclasses.dataclass(frozen=True)
class Scale:
  """What the measure of opening means for one clip.

  Attributes:
    closed: the opening of the shut mouth.
    speaking: the mean opening while there is speech.
    pausing: what the person does when it is quiet, on the scale of `relative`;
      nan if it never is.
  """

  closed: float
  speaking: float
  pausing: float = float('nan')

  def relative(self, openings: np.ndarray) -> np.ndarray:
    """0: shut, 1: as open as the speaking mouth on average."""
    return (openings - self.closed) / (self.speaking - self.closed)


def scale(
  openings: np.ndarray, quiet: np.ndarray, closed: np.ndarray | None = None
) -> Scale | None:
  """The scale of a clip from its true frames; None if the mouth hardly moves.

  Args:
    openings: [t] from `mouth_opening`.
    quiet: [t] bool, see `pauses.quiet_frames`.
    closed: [t] bool, where the mouth is known to be shut; by default the tenth
      with the least opening.
  """
  if closed is None:
    closed = openings <= np.quantile(openings, _CLOSED)
  if not closed.any() or quiet.all():
    return None
  found = Scale(float(openings[closed].mean()), float(openings[~quiet].mean()))
  if found.speaking - found.closed < _LEAST_RANGE:
    return None
  if not quiet.any():
    return found
  pausing = found.relative(openings[quiet]).mean()
  return dataclasses.replace(found, pausing=float(pausing))


def scale_of_record(raw: bytes, image_size: int) -> Scale | None:
  """`scale` of a record, its pictures as a network of this size sees them."""
  record = records.parse(raw)
  crops = windows.all_frames(record, image_size)
  return scale(mouth_opening.in_crops(crops), pauses.quiet_frames(record))


def hushed(batch: dict[str, np.ndarray], sound: str) -> dict[str, np.ndarray]:
  """A generator's batch with digital silence in place of every frame's sound.

  Args:
    batch: with 'frame_sounds' [..., bands, rows, 1].
    sound: what the generator hears, a key of `alignment.SOUNDS`.
  """
  silent = np.broadcast_to(
    sounds.silence(sound)[:, None, None], batch['frame_sounds'].shape
  )
  return batch | {'frame_sounds': silent.astype(np.float32)}


def _motion(openings: np.ndarray) -> float:
  """Mean change of the opening between neighbouring frames."""
  return float(np.abs(np.diff(openings)).mean())


def of_clips(
  clips: Iterable[tuple[Scale | None, np.ndarray, np.ndarray]],
) -> dict[str, float]:
  """What is printed of clips whose mouths have a scale; {} if none has.

  Args:
    clips: of each its scale, what was drawn with silence and what was drawn
      with the clip's sound, [t, s, s, 3] uint8, consecutive frames.

  Returns:
    'silence_opening': mean opening of mouths drawn with silence; 0 is shut, 1
    the speaking mouth. 'silence_most': the highest of a clip. 'silence_motion':
    mean change of their opening from frame to frame, as
    a part of what it is with sound.
    'silence_truth': mean opening of the people themselves when it is quiet,
    where it ever is.
  """
  rows, pausing = [], []
  for found, silent, spoken in clips:
    if found is None:
      continue
    shut, open_ = (
      found.relative(mouth_opening.in_crops(made)) for made in (silent, spoken)
    )
    rows.append((shut.mean(), _motion(shut), _motion(open_)))
    pausing.append(found.pausing)
  if not rows:
    return {}
  openings, still, moving = np.array(rows).T
  metrics = {
    'silence_opening': float(openings.mean()),
    'silence_most': float(openings.max()),
    # Of sums: a clip that hardly moves decides nothing.
    'silence_motion': float(still.sum() / max(moving.sum(), 1e-6)),
  }
  if not np.isnan(pausing).all():
    metrics['silence_truth'] = float(np.nanmean(pausing))
  return metrics


def measure(
  source: Any,
  draw: Callable[[dict[str, np.ndarray]], np.ndarray],
  *,
  image_size: int,
  sound: str,
  stills: int = 1,
) -> dict[str, float]:
  """`of_clips` over whole records.

  Args:
    source: records, by index.
    draw: see `picture_quality.make_draw`.
    image_size: of the generator.
    sound: what it hears.
    stills: how many it takes.
  """

  def clips():
    for raw in source:
      example = whole_clips.reconstruction_example(
        raw, image_size, sound, stills=stills
      )
      yield (
        scale_of_record(raw, image_size),
        draw(hushed(example, sound)),
        draw(example),
      )

  return of_clips(clips())
