"""A folder of videos to a data set of face tracks.

Everything is made in `<output>.partial` and renamed into place at the end. A
run that was stopped goes on from there. Parts are joined in the order of the
videos' names, so the shards do not depend on the number of workers.
"""

import dataclasses
import os
import pathlib
import shutil
from collections.abc import Sequence

from input_pipeline import (
  alignment,
  audio,
  faces,
  manifest,
  parts,
  prepare_video,
  records,
  shards,
  sources,
  splits,
  tfrecord,
  tracks,
)

NAME = 'talking_faces'  # of the data set and its shards, for TFDS


def prepare(
  videos: str | os.PathLike,
  output: str | os.PathLike,
  *,
  options: prepare_video.Options | None = None,
  detector: faces.BatchDetector | None = None,
  split: str = 'auto',
  validation_fraction: float = 0.1,
  speaker_from: str = 'parent',
  workers: int | None = None,
  overwrite: bool = False,
) -> list[dict]:
  """Prepares every video below a folder.

  Args:
    videos: searched with all its folders; other files are ignored.
    output: folder to make.
    options: how each video is prepared.
    detector: used instead of the one that `options` name. It is not sent to
      other processes: the workers are threads that share it.
    split: 'auto' keeps the splits of a DIR/train, DIR/val layout and otherwise
      splits the speakers by a hash; any other word puts all into that split.
    validation_fraction: of the speakers, for 'auto'.
    speaker_from: 'parent' folder or 'file' names the speaker.
    workers: processes, or threads if a detector is given; None: one per core.
      1 works in this process and thread.
    overwrite: replace an output that is there.

  Returns:
    The rows of the manifest, one per video. When no video is kept there is a
    manifest and nothing else.

  Raises:
    ValueError: an argument makes no sense, or there is no video.
    FileExistsError: the output is there, or is not ours to replace.
    OSError: a file cannot be written.
  """
  videos, output = pathlib.Path(videos), pathlib.Path(output)
  check_output(output, overwrite=overwrite)
  options = _settle(options or prepare_video.Options(), detector)
  found = sources.find(videos, speaker_from=speaker_from)
  speakers = [source.speaker for source in found]
  given = [source.split if split == 'auto' else split for source in found]
  # Before hours of work: fails now when an argument makes no sense.
  splits.assign(speakers, given, validation_fraction)
  partial = output.with_name(f'{output.name}.partial')
  folder = partial / 'parts'
  folder.mkdir(parents=True, exist_ok=True)
  jobs = [
    parts.Job(
      source.path, source.clip_id, source.speaker, options, folder, detector
    )
    for source in found
  ]
  rows = parts.run(jobs, workers=workers or os.cpu_count() or 1)
  # Only speakers of whom something is left count, or a split may stay empty.
  kept = [k for k, row in enumerate(rows) if row['kept']]
  chosen = splits.assign(
    [speakers[k] for k in kept], [given[k] for k in kept], validation_fraction
  )
  for k, name in zip(kept, chosen, strict=True):
    rows[k]['split'] = name
  _join(jobs, rows, partial / 'data', options)
  if output.exists():
    shutil.rmtree(output)
  os.replace(partial / 'data', output)
  shutil.rmtree(partial)
  return rows


def _join(
  jobs: Sequence[parts.Job],
  rows: list[dict],
  directory: pathlib.Path,
  options: prepare_video.Options,
):
  """Parts to shards, in order, with manifest and metadata."""
  shutil.rmtree(directory, ignore_errors=True)
  directory.mkdir()
  writers = []
  for split in sorted({row['split'] for row in rows if row['kept']}):
    with shards.ShardWriter(directory, NAME, split) as writer:
      for job, row in zip(jobs, rows, strict=True):
        if row['kept'] and row['split'] == split:
          for data in tfrecord.TFRecordSource([job.part], check=True):
            writer.write_encoded(data)
    writers.append(writer)
  manifest.write(directory, rows)
  if writers:
    shards.write_metadata(
      directory,
      writers,
      description='Face tracks of talking people with their sound.',
      metadata=_metadata(options),
    )


def _metadata(options: prepare_video.Options) -> dict:
  """What the records were made with, for those who read them."""
  settings = dataclasses.asdict(options)
  del settings['model_path']  # A path on this machine means nothing elsewhere.
  return settings | {
    'face_crop': tracks.FACE_CROP,
    'fps': alignment.FPS,
    'sample_rate': audio.SAMPLE_RATE,
    'mel_hop': audio.HOP,
    'num_mels': audio.NUM_MELS,
    'mel_context': records.MEL_CONTEXT,
    'audio_context': records.AUDIO_CONTEXT,
    'chunk_frames': records.CHUNK_FRAMES,
  }


def _settle(
  options: prepare_video.Options, detector: faces.Detector | None
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


def check_output(output: pathlib.Path, *, overwrite: bool) -> None:
  """Fails unless a data set may be written there.

  Raises:
    FileExistsError: something is there that is not to be replaced, or not ours.
  """
  if not output.exists():
    return
  if not overwrite:
    raise FileExistsError(
      f'{output} exists. Choose another output, or replace it with --overwrite.'
    )
  ours = (output / manifest.NAME).exists()
  if not ours and (not output.is_dir() or any(output.iterdir())):
    raise FileExistsError(
      f'{output} was not made by this tool and is not replaced.'
    )
