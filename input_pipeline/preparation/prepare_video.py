"""One video to all its face tracks: what every runner of the preparation calls.

Pure: it reads one file, writes nothing and shares nothing, so a process pool,
Apache Beam or a notebook can all run it. Nothing is chosen here (`selection`
does that, and can do it again) but what no setting could save. The video is
decoded twice, once to find the faces and once to cut them out, because
smoothing without lag looks ahead; that keeps memory bounded however long the
video is, but for its sound (115 MB an hour, twice that while it is read).
"""

import dataclasses
import functools
import itertools
import os

import numpy as np

from input_pipeline import (
  alignment,
  audio,
  chunks,
  faces,
  media,
  shots,
  tracking,
  watching,
)
from input_pipeline.preparation import (
  cutting,
  prepared,
  track_rows,
  track_scores,
)


@dataclasses.dataclass(frozen=True)
class Options:
  """How videos are decoded into tracks; other values need another decoding.

  Attributes:
    size: of the stored face crops, pixels.
    quality: of their JPEG, 0..100.
    detector: 'auto', 'yunet' or 'cascade', see `faces.make_detector`; or the
      name of one that is given ready made.
    model_path: the YuNet model, where it is not in its usual places.
    detect_every: look for faces in every k-th frame. With 3 the crop of a
      frontal talker moves by 0.06 % of its side against looking at every frame
      (rms, 32 clips), with 5 by 0.11 %.
    cut_level, cut_ratio: what counts as a cut, see `shots.CutFinder`.
    least_face: pixels of height; smaller faces are listed, but not stored.
  """

  size: int = 128
  quality: int = 95
  detector: str = 'auto'
  model_path: str | None = None
  detect_every: int = 3
  cut_level: float = shots.LEVEL
  cut_ratio: float = shots.RATIO
  least_face: float = 32.0

  def __post_init__(self):
    limits = {
      'size': (16, 2048),
      'quality': (1, 100),
      # Looks further apart than the gaps that are filled leave no track.
      'detect_every': (1, 10),
      'cut_level': (0, 255),
      'cut_ratio': (1, 255),
      'least_face': (0, 10_000),
    }
    for name, (low, high) in limits.items():
      if not low <= getattr(self, name) <= high:
        raise ValueError(
          f'{name}={getattr(self, name)} must be from {low} to {high}.'
        )


class _Unusable(Exception):
  """Which part of the line stops at a video, and why, in plain words."""


def prepare_video(
  path: str | os.PathLike,
  options: Options,
  *,
  detector: faces.Detector | None = None,
  sound_path: str | os.PathLike | None = None,
) -> prepared.Prepared:
  """Finds every face track of one video.

  Args:
    path: any file PyAV reads.
    options: see there.
    detector: instead of the one that `options` name.
    sound_path: file of the sound, where it is not in the video's.

  Returns:
    Rows with what was measured, chunks with nothing but media in them: whose
    they are, offsets and licence are for the caller to fill in. A video that
    cannot be used has one row with `kept` false, the `stage` that stopped and
    the `reason` in words: nothing about the file raises.
  """
  row = {'kept': False, 'stage': '', 'reason': ''}
  try:
    return _prepare(path, options, row, detector, sound_path or path)
  except _Unusable as error:
    return prepared.dropped(row, *error.args)
  except media.MediaError as error:
    return prepared.dropped(row, 'read', _why(error, path))


def _prepare(
  path, options: Options, row: dict, detector, sound_path
) -> prepared.Prepared:
  info = media.probe(path)
  row.update(
    width=info.width,
    height=info.height,
    fps=round(float(info.fps), 3),
    duration=round(info.duration, 3),
  )
  sound = _listen(sound_path)
  if detector is None:
    detector = faces.make_detector(
      options.detector, model_path=options.model_path
    )
  # Pictures that nothing is heard to are of no use; the last may be cut short.
  row['sound_frames'] = heard = chunks.frames_of(sound)
  # One thread: with more, what is read of a damaged file depends on how many;
  # and where there is a video for every core, one takes the least work.
  read = functools.partial(
    media.read_pictures, path, fps=alignment.FPS, threads=1
  )
  found, cuts = watching.watch(
    itertools.islice(read(), heard),
    detector,
    every=options.detect_every,
    level=options.cut_level,
    ratio=options.cut_ratio,
  )
  row.update(frames=len(found), detector=detector.name)
  if len(found) < chunks.MIN_FRAMES:
    raise _Unusable('read', _too_short(len(found), info.duration))
  tracks = tracking.link(found, cuts, every=options.detect_every)
  if not tracks:
    raise _Unusable('face', 'no face found')
  speaking = track_scores.speaking(sound)
  described = [track_rows.describe(t, speaking) for t in tracks]
  rows = [row | facts for facts, _ in described]
  track_rows.add_shots(rows, cuts, len(found))
  pieces = cutting.plan(
    rows,
    [boxes for _, boxes in described],
    [track.frames[0] for track in tracks],
    least_face=options.least_face,
  )
  cut = cutting.cut(
    read(),
    pieces,
    rows,
    sound,
    size=options.size,
    quality=options.quality,
  )
  return prepared.Prepared(rows, sound, cut)


def _listen(path) -> np.ndarray:
  """The sound, int16."""
  try:
    sound = media.read_audio_int16(path)
  except media.NoSoundError as error:
    raise _Unusable('sound', 'no sound track') from error
  except media.MediaError as error:
    raise _Unusable('sound', _why(error, path)) from error
  if audio.is_silent(sound):
    raise _Unusable('sound', 'the sound is silent')
  return sound


def _why(error: media.MediaError, path) -> str:
  return str(error).removeprefix(f'{path}: ').rstrip('.')


def _too_short(frames: int, duration: float) -> str:
  seconds = frames / alignment.FPS
  if duration > seconds + 0.5:
    return f'cut off: {seconds:.1f} of {duration:.1f} s have picture and sound'
  return f'shorter than {chunks.MIN_FRAMES / alignment.FPS} s'
