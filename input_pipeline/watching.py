"""One pass over a video's pictures: its faces and its cuts."""

from collections.abc import Iterable

from input_pipeline import detections, faces, looks, media, shots


def watch(
  pictures: Iterable[media.Picture],
  detector: faces.Detector,
  *,
  every: int,
  level: float = shots.LEVEL,
  ratio: float = shots.RATIO,
) -> tuple[list[list[looks.Look] | None], list[int]]:
  """The faces of every frame, None where nobody looked, and the cuts.

  Args:
    pictures: at 25 a second.
    detector: finds faces.
    every: look for them in every k-th frame.
    level, ratio: what counts as a cut, see `shots.CutFinder`.
  """
  finder = shots.CutFinder(level=level, ratio=ratio)

  def watched():
    for picture in pictures:
      finder.add(picture)
      yield picture

  looker = looks.Looker(detector)
  return list(detections.detect(watched(), looker, every=every)), finder.cuts
