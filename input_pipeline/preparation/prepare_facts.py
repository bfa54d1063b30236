"""What every runner of the preparation says of it, beside what it measures."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

from input_pipeline import alignment, audio, faces, records
from input_pipeline.preparation import chance as chance_lib
from input_pipeline.preparation import parts, prepare_video, selection


def settle(
  options: prepare_video.Options, detector: faces.Detector | None = None
) -> prepare_video.Options:
  """Decides 'auto' once, for all workers, and fails early."""
  if detector is None:
    detector = faces.make_detector(
      options.detector, model_path=options.model_path
    )
  path = getattr(detector, 'model_path', None)
  return dataclasses.replace(
    options, detector=detector.name, model_path=path and os.fspath(path)
  )


def name_rows(
  jobs: Sequence[parts.Job], rows: Sequence[Sequence[dict]]
) -> list[dict]:
  """The rows of all videos, each with its video's name and kind."""
  named = []
  for job, mine in zip(jobs, rows, strict=True):
    source = job.source
    about = {
      'path': source.clip_id,
      'speaker': source.speaker,
      'split': '',  # decided when all tracks are chosen
      'licence': source.licence,
    }
    if source.split:
      about['given_split'] = source.split
    named += [about | row | {'store': job.store.name} for row in mine]
  return named


def of_decoding(options: prepare_video.Options) -> dict[str, Any]:
  """What the records were made with, for those who read them."""
  decoding = dataclasses.asdict(options)
  del decoding['model_path']  # A path on this machine means nothing elsewhere.
  return {
    'size': options.size,
    'decoding': decoding,
    'fps': alignment.FPS,
    'sample_rate': audio.SAMPLE_RATE,
    'mel_hop': audio.HOP,
    'num_mels': audio.NUM_MELS,
    'mel_context': records.MEL_CONTEXT,
    'audio_context': records.AUDIO_CONTEXT,
    'chunk_frames': records.CHUNK_FRAMES,
  }


def of_selection(
  rows: Sequence[dict], thresholds: selection.Thresholds, fraction: float
) -> dict[str, Any]:
  """The same, once it is known which rows are kept."""
  kept = [row for row in rows if row['kept']]
  return {
    'thresholds': dataclasses.asdict(thresholds),
    'validation_fraction': fraction,
    'face_crop': ', '.join(sorted({row['face_crop'] for row in kept})),
    'licences': sorted({row['licence'] for row in kept} - {''}),
  }


def for_report(
  metadata: Mapping[str, Any], *, videos: str, seconds: Mapping[str, float]
) -> dict[str, Any]:
  """What the report says beside the rows, see `report.page.write`.

  Args:
    metadata: `of_decoding`, `of_selection`, and of the expert and of chance.
    videos: what was prepared, for people.
    seconds: by part of the line.
  """
  chance = metadata['chance']
  least = metadata['thresholds']['min_confidence']
  if least is None and chance is not None:
    found = chance_lib.Chance(**chance)
    least = found.threshold(round(found.frames))
  return {
    'videos': videos,
    'expert': metadata['expert'],
    'min_confidence': least,
    'chance': chance,
    'settings': {
      'decoding': metadata['decoding'],
      'thresholds': metadata['thresholds'],
    },
    'seconds': seconds,
  }
