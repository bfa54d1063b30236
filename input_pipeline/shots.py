"""Where one shot ends and the next begins.

PySceneDetect's adaptive detector (`scenedetect`): the mean change of brightness
from frame to frame, against that of the frames around it. A library rather than
our own, for it is kept well and this is not what we are here for; adaptive
rather than its plain content detector or a histogram, for people cut between
two takes of one person before one wall, which changes little: of the 19 such
cuts of a minute of GRID footage (5.2 levels and 7.8 times the frames around at
least) it finds all, colour histograms of neighbours differ by less there than
within other shots.
"""

import fractions

import numpy as np
import scenedetect
from scenedetect import detectors

from input_pipeline import alignment

# Levels of 0..255, and how often the change of the frames around. 58 uncut GRID
# clips have no change above 1.5 that is 3 times its neighbours'.
LEVEL = 3.0
RATIO = 3.0

_SIDE = 128  # pixels are looked at
_SHORTEST = 5  # frames: of two cuts nearer than this the first counts

# PySceneDetect 0.5.1, which syncnet_python pins: the defaults of its content
# detector, and by what number a video of at least so many pixels' width is
# divided before it is looked at.
_CONTENT_LEVEL = 30.0
_CONTENT_SHORTEST = 15  # frames from cut to cut
_STRIDES = {3200: 12, 2100: 8, 1700: 6, 1200: 5, 900: 4, 600: 3, 400: 2}


class CutFinder:
  """Collects the cuts of a video from its frames, at 25 a second.

  Attributes:
    cuts: the first frame of every shot but the first, so far. A cut is known
      two frames later.

  Args:
    level: least mean change of brightness.
    ratio: least multiple of the mean change of two frames on either side.
  """

  def __init__(self, *, level: float = LEVEL, ratio: float = RATIO):
    self.cuts: list[int] = []
    self._frame = 0
    self._fps = fractions.Fraction(alignment.FPS)
    self._detector = detectors.AdaptiveDetector(
      adaptive_threshold=ratio,
      min_content_val=level,
      min_scene_len=_SHORTEST,
      luma_only=True,
    )

  def add(self, picture) -> None:
    """Looks at the next frame, a `media.Picture`."""
    width, height = picture.size
    scale = _SIDE / max(width, height)
    grey = picture.grey(
      max(8, round(width * scale)), max(8, round(height * scale))
    )
    time = scenedetect.FrameTimecode(self._frame, self._fps)
    found = self._detector.process_frame(time, np.repeat(grey[..., None], 3, 2))
    self.cuts += [cut.frame_num for cut in found]
    self._frame += 1


class ContentCutFinder:
  """Cuts as syncnet_python's run_pipeline.py finds them, for comparisons.

  PySceneDetect's content detector as it was in version 0.5.1: the mean change
  of hue, saturation and value is 30 at least. It misses cuts between shots that
  look alike; `CutFinder` is what footage is prepared with.

  Attributes:
    cuts: the first frame of every shot but the first, so far.
  """

  def __init__(self):
    self.cuts: list[int] = []
    self._frame = 0
    self._fps = fractions.Fraction(alignment.FPS)
    # What is near to the last cut is left out here: version 0.7 joins cuts.
    self._detector = detectors.ContentDetector(
      threshold=_CONTENT_LEVEL, min_scene_len=0
    )

  def add(self, image: np.ndarray) -> None:
    """Looks at the next frame, [h, w, 3] uint8 RGB."""
    stride = next(
      (by for width, by in _STRIDES.items() if image.shape[1] >= width), 1
    )
    small = np.ascontiguousarray(image[::stride, ::stride, ::-1])
    time = scenedetect.FrameTimecode(self._frame, self._fps)
    if self._detector.process_frame(time, small) and (
      not self.cuts or self._frame - self.cuts[-1] >= _CONTENT_SHORTEST
    ):
      self.cuts.append(self._frame)
    self._frame += 1
