"""One video to chunks: the function every runner of the preparation calls.

Pure: it reads one file, writes nothing and shares nothing, so a process pool,
Apache Beam or a notebook can all run it. The video is decoded twice, once to
find the face and once to cut it out, because smoothing without lag looks ahead;
that keeps memory bounded however long the video is.
"""

import dataclasses
import itertools
import os
from collections.abc import Iterator

import numpy as np

from input_pipeline import (
  alignment,
  audio,
  chunks,
  detections,
  faces,
  media,
  records,
  tracks,
)


@dataclasses.dataclass(frozen=True)
class Options:
  """How videos are prepared; the same for a whole data set.

  Attributes:
    size: of the stored face crops, pixels.
    quality: of their JPEG, 0..100.
    detector: 'auto', 'yunet' or 'cascade', see `faces.make_detector`; or the
      name of one that is given ready made.
    model_path: the YuNet model, where it is not in its usual places.
    detect_every: look for faces in every k-th frame. With 3 the crop of a
      frontal talker moves by 0.06 % of its side against looking at every frame
      (rms, 32 clips), with 5 by 0.11 %.
    licence: of the footage, in words.
  """

  size: int = 128
  quality: int = 95
  detector: str = 'auto'
  model_path: str | None = None
  detect_every: int = 3
  licence: str = ''

  def __post_init__(self):
    # Looks further apart than the gaps that are filled leave no track.
    limits = {'size': (16, 2048), 'quality': (1, 100), 'detect_every': (1, 10)}
    for name, (low, high) in limits.items():
      if not low <= getattr(self, name) <= high:
        raise ValueError(
          f'{name}={getattr(self, name)} must be from {low} to {high}.'
        )


class Unusable(Exception):
  """Why a video is left out, in plain words."""


def prepare_video(
  path: str | os.PathLike,
  options: Options,
  *,
  clip_id: str,
  speaker: str,
  detector: faces.Detector | None = None,
) -> tuple[dict, Iterator[records.Chunk]]:
  """Prepares the most prominent face of one video.

  Args:
    path: any file PyAV reads.
    options: see there.
    clip_id: name of the video within the data set.
    speaker: who speaks.
    detector: instead of the one that `options` name.

  Returns:
    The video's row of the manifest, and its chunks, cut as they are consumed.
    A video that cannot be used has `row['kept']` false, the reason in words in
    `row['reason']`, and no chunks: nothing about the file raises.
  """
  row = {
    'path': clip_id,
    'speaker': speaker,
    'split': '',  # decided when all videos are known
    'licence': options.licence,
    'kept': False,
    'reason': '',
    'chunks': 0,
    'seconds': 0.0,
    'face_crop': tracks.FACE_CROP,
  }
  try:
    sound, boxes = _examine(path, options, row, detector)
    spans = chunks.spans(boxes)
    if not spans:
      seconds = chunks.MIN_FRAMES / alignment.FPS
      raise Unusable(f'the face never stays for {seconds} s')
  except (Unusable, media.MediaError) as error:
    row['reason'] = str(error).removeprefix(f'{path}: ').rstrip('.')
    return row, iter(())
  row['kept'] = True
  row['chunks'] = len(spans)
  row['seconds'] = sum(count for _, count in spans) / alignment.FPS
  return row, _cut(path, options, row, sound, boxes, spans)


def _examine(
  path, options: Options, row: dict, detector: faces.Detector | None
) -> tuple[np.ndarray, list[tracks.CropBox | None]]:
  """Sound and crop squares of a video; fills the row with what it finds."""
  info = media.probe(path)
  row.update(
    width=info.width,
    height=info.height,
    fps=round(float(info.fps), 3),
    duration=round(info.duration, 3),
  )
  if not info.has_audio:
    raise Unusable('no sound track')
  sound = media.read_audio_int16(path)
  if audio.is_silent(sound):
    raise Unusable('the sound is silent')
  if detector is None:
    detector = faces.make_detector(
      options.detector, model_path=options.model_path
    )
  frames = (frame for _, frame in media.read_frames(path, fps=alignment.FPS))
  # Pictures that nothing is heard to are of no use; the last may be cut short.
  heard = -(-len(sound) // chunks.SAMPLES_PER_FRAME)
  frames = itertools.islice(frames, heard)
  found = list(detections.detect(frames, detector, every=options.detect_every))
  face = detections.choose_face(found)
  seen = [d for d in face if d is not None]
  boxes = tracks.smooth_track(face, fps=alignment.FPS)
  row['frames'] = len(face)
  row['detector'] = detector.name
  row['face_fraction'] = _mean([box is not None for box in boxes])
  row['detection_score'] = _mean([d.score for d in seen])
  row['face_size'] = _mean([d.size for d in seen])
  if len(face) < chunks.MIN_FRAMES:
    seconds = len(face) / alignment.FPS
    raise Unusable(
      f'cut off: {seconds:.1f} of {info.duration:.1f} s can be read'
      if info.duration > seconds + 0.5
      else f'shorter than {chunks.MIN_FRAMES / alignment.FPS} s'
    )
  if not seen:
    raise Unusable('no face found')
  return sound, boxes


def _cut(path, options, row, sound, boxes, spans) -> Iterator[records.Chunk]:
  """Decodes again and yields the chunks in order."""
  frames = enumerate(media.read_frames(path, fps=alignment.FPS))
  for start, length in spans:
    pictures = []
    for k, (_, frame) in frames:
      if k >= start:
        picture = tracks.crop(frame, boxes[k], options.size)
        pictures.append(records.encode_frame(picture, quality=options.quality))
      if k == start + length - 1:
        break
    boxes_here = boxes[start : start + length]
    yield records.Chunk(
      frames=pictures,
      audio=chunks.samples(sound, start, length),
      mel=chunks.mel_with_context(sound, start, length),
      mel_context=records.MEL_CONTEXT,
      num_frames=length,
      fps=float(alignment.FPS),
      clip_id=row['path'],
      speaker=row['speaker'],
      start_frame=start,
      box=np.array([(b.cx, b.cy, b.side) for b in boxes_here], np.float32),
      face_crop=tracks.FACE_CROP,
      licence=options.licence,
    )


def _mean(values: list) -> float:
  return round(float(np.mean(values)), 4) if values else 0.0
