"""How an edit appears and disappears: not at once, except at a cut."""

import itertools
from collections.abc import Iterator, Sequence

_FADE = 0.12  # seconds
# Seconds for which a face may be edited although a detector looked for it and
# found none: detectors miss single frames, hands and turned heads last longer.
_MISSED = 0.2


def lost(missed: Sequence[bool], fps: float) -> Iterator[int]:
  """Frames of runs above 0.2 s in which a face was looked for in vain.

  Args:
    missed: whether it was, of each frame.
    fps: frames a second.
  """
  most = round(_MISSED * fps)
  for vain, group in itertools.groupby(
    range(len(missed)), key=missed.__getitem__
  ):
    run = list(group)
    if vain and len(run) > most:
      yield from run


def strengths(
  has_box: Sequence[bool], shots: Sequence[int], fps: float
) -> list[float]:
  """0..1 of each frame: rises beside frames without a face in the shot.

  Args:
    has_box: whether a frame has a face to be edited.
    shots: number of its shot.
    fps: frames a second.
  """
  ramp = max(1, round(_FADE * fps))
  distance = [ramp + 1] * len(shots)
  indices = range(len(shots))
  for order in (indices, reversed(indices)):
    shot, since = None, ramp + 1
    for k in order:
      if shots[k] != shot:  # at a cut, hard; also where the video begins
        shot, since = shots[k], ramp + 1
      since = since + 1 if has_box[k] else 0
      distance[k] = min(distance[k], since)
  return [min(1.0, d / (ramp + 1)) for d in distance]
