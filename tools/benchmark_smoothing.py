"""How steady the square around a face is, and whether it lags.

Every clip is written twice: as it is, and with the picture pushed about by a
known smooth path, as if the head swayed. Jitter is measured on the first: the
root mean square of the second difference of the square's centre and side from
frame to frame, in thousandths of the face's height. Lag and error are measured
on what differs between the two, which should be the known path and nothing
else, whatever the person does: the lag is the shift in time at which the path
fits best (> 0: the square trails), the error the root mean square distance from
the path without any shift.
"""

import fractions
import pathlib
import tempfile

import numpy as np
import tqdm

from input_pipeline import faces, media, tracks
from lipsync_jax.inference import choose, follow, schedule
from tools import benchmark_reference_boxes, benchmark_sway, benchmark_table

_LOOK_EVERY = 5  # frames, as dubbing does by default
RAW = "detector's boxes"
REFERENCE = "Wav2Lip's inference.py"
WHOLE = '`tracks.smooth_track`, every frame looked at'
STREAM = f'dubbing (`follow`), every {_LOOK_EVERY}th frame looked at'


def run(options) -> str:
  """Measures and returns the report."""
  detector = faces.make_detector(
    'yunet' if options.yunet else 'auto', model_path=options.yunet
  )
  found: dict[str, list[dict[str, float]]] = {}
  for path in tqdm.tqdm(options.videos, desc='smoothing', unit='clip'):
    for name, row in measure(path, detector, seconds=options.seconds).items():
      found.setdefault(name, []).append(row)
  rows = [
    {
      'square': name,
      'jitter of the centre, ‰': _mean(clips, 'centre'),
      'jitter of the side, ‰': _mean(clips, 'side'),
      'lag, frames': _mean(clips, 'lag'),
      'error, ‰': _mean(clips, 'error'),
    }
    for name, clips in found.items()
  ]
  machine = benchmark_table.machine(
    ('numpy', 'scipy', 'opencv-python-headless')
  )
  return (
    f'{len(options.videos)} clips, at most {options.seconds:g} s of each, '
    f'detector {detector.name}; means over the clips (least-greatest).\n\n'
    f'{benchmark_table.table(rows)}\n\n{machine}'
  )


def measure(
  path: pathlib.Path, detector, *, seconds: float
) -> dict[str, dict[str, float]]:
  """By way of smoothing: 'centre', 'side', 'lag' and 'error' of one clip.

  Raises:
    ValueError: the clip is too short, or in some frame there is no face.
  """
  timing = media.timing(path)
  fps = float(timing.fps)
  count = round(seconds * fps)
  frames = [f for _, f in zip(range(count), _images(path), strict=False)]
  if len(frames) < fps:
    raise ValueError(f'{path}: at least 1 s is needed to measure smoothing.')
  size = np.median([_best(detector, f, path).size for f in frames[::10]])
  time = np.arange(len(frames)) / fps
  with tempfile.TemporaryDirectory() as folder:
    still = squares(
      frames, timing.fps, detector, pathlib.Path(folder, 'still.mp4')
    )
    moved = squares(
      [
        benchmark_sway.push(frame, *offset)
        for frame, offset in zip(
          frames, benchmark_sway.sway(time, size), strict=True
        )
      ],
      timing.fps,
      detector,
      pathlib.Path(folder, 'moved.mp4'),
    )
  return {
    name: {
      'centre': benchmark_sway.rms(np.diff(path[:, :2], 2, axis=0))
      * 1000
      / size,
      'side': benchmark_sway.rms(np.diff(path[:, 2:], 2, axis=0)) * 1000 / size,
    }
    | benchmark_sway.followed((moved[name] - path)[:, :2], fps, size)
    for name, path in still.items()
  }


def squares(
  frames: list[np.ndarray], fps: fractions.Fraction, detector, path
) -> dict[str, np.ndarray]:
  """[n, 3] centre and side by way of smoothing, of frames written to `path`."""
  height, width = frames[0].shape[:2]
  with media.VideoWriter(
    path, width=width & ~1, height=height & ~1, fps=fps, crf=10
  ) as writer:
    for frame in frames:
      writer.write(frame[: height & ~1, : width & ~1])
  found = [_best(detector, image, path) for image in _images(path)]
  boxes = benchmark_reference_boxes.whole_pixels(
    [d.box for d in found], (height, width)
  )
  looked = follow.follow(
    schedule.shown(
      path,
      media.timing(path),
      seconds=fractions.Fraction(len(frames)) / fps,
      fit='cut',
    ),
    detector,
    chooser=choose.make('largest'),
    fps=float(fps),
    every=_LOOK_EVERY,
  )
  return {
    RAW: _centred(boxes),
    REFERENCE: _centred(benchmark_reference_boxes.smoothed(boxes)),
    WHOLE: _array(tracks.smooth_track(found, fps=float(fps))),
    STREAM: _array([frame.boxes[0] for frame in looked]),
  }


def _images(path):
  return (frame for _, frame in media.read_frames(path))


def _best(detector, frame: np.ndarray, path) -> faces.Detection:
  found = detector(frame)
  if not found:
    raise ValueError(f'{path}: a face is needed in every frame.')
  return found[0]


def _centred(boxes: np.ndarray) -> np.ndarray:
  x0, y0, x1, y1 = boxes.T
  return np.stack([(x0 + x1) / 2, (y0 + y1) / 2, y1 - y0], axis=1)


def _array(boxes: list[tracks.CropBox]) -> np.ndarray:
  if None in boxes:
    raise ValueError('Not every frame has one face that can be followed.')
  return np.array([(b.cx, b.cy, b.side) for b in boxes])


def _mean(clips: list[dict[str, float]], name: str) -> str:
  values = [clip[name] for clip in clips]
  low, middle, high = min(values), np.mean(values), max(values)
  return f'{middle:.2f} ({low:.2f}-{high:.2f})'
