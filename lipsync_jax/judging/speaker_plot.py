"""Who speaks when, as a picture: a lane for every face."""

import numpy as np

from input_pipeline import records
from lipsync_jax.judging import figures, speaker, turns

_FACE = 0.5  # inches
_MOST_FACES = 60  # pictures that are still told from each other


def draw(found: speaker.Speakers) -> bytes:
  """A PNG: confidence of every face over time, in colour where it speaks.

  Faces that are never seen together share a lane; a picture is at the start of
  each. Grey is silence.
  """
  seconds = len(found.speech) / figures.FPS
  lanes = _lanes([face.row for face in found.faces])
  height = 0.6 + 1.3 * (max(lanes) + 1)
  figure = figures.make(min(5 + 0.4 * seconds, 20), height)
  axes = figure.subplots(
    max(lanes) + 1, 1, sharex=True, sharey=True, squeeze=False
  )[:, 0]
  for each in axes:
    figures.over_time(each, found.speech)
    figures.plain(each)
    if np.isfinite(found.level):
      each.axhline(found.level, color=figures.GREY, lw=0.7, ls=':')
  for face, lane in zip(found.faces, lanes, strict=True):
    mine = [p for p in found.segments if p.track == face.row['track']]
    _face(axes[lane], face, mine)
    if len(lanes) <= _MOST_FACES:
      _picture(axes[lane], face)
  low, high = axes[0].get_ylim()
  axes[0].set_ylim(low, high + 0.7 * (high - low))  # shared; room for faces
  axes[-1].set_xlabel('seconds (grey: silence; yellow: speaks)', fontsize=8)
  axes[len(axes) // 2].set_ylabel('confidence', fontsize=8)
  return figures.png(figure)


def _lanes(rows: list[dict]) -> list[int]:
  """A lane for each track, from the left: where none is that is seen then."""
  free: list[float] = []  # from when on
  lanes = [0] * len(rows)
  order = sorted(
    range(len(rows)), key=lambda k: (rows[k]['start'], rows[k]['box'][0][1])
  )
  for k in order:
    open_ = [lane for lane, end in enumerate(free) if end <= rows[k]['start']]
    lanes[k] = open_[0] if open_ else len(free)
    if not open_:
      free.append(0.0)
    free[lanes[k]] = rows[k]['end']
  return lanes


def _face(axes, face: turns.Face, speaks: list[turns.Segment]) -> None:
  values = face.confidences
  times = (face.first + np.arange(len(values))) / figures.FPS
  for part in speaks:
    here = (times >= part.start) & (times <= part.end) & (values > 0)
    axes.fill_between(times, 0, values, where=here, color=figures.YELLOW, lw=0)
  axes.plot(times, values, color=figures.BLUE, lw=1)


def _picture(axes, face: turns.Face) -> None:
  from matplotlib import offsetbox

  picture = records.decode_frame(face.picture)
  image = offsetbox.OffsetImage(picture, zoom=72 * _FACE / len(picture))
  axes.add_artist(
    offsetbox.AnnotationBbox(
      image,
      (face.first / figures.FPS, 1),
      xycoords=('data', 'axes fraction'),
      box_alignment=(0, 1),
      pad=0.1,
      bboxprops={'lw': 0.5},
    )
  )
