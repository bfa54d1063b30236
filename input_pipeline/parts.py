"""One part file per video, made by as many processes as there are cores.

With a detector of the caller's they are threads of this process, which share
it: an accelerator is opened by one process only. A part is named by what it was
made from (file, options, detector, code), so a run that
was stopped goes on where it was, and a changed video is done again.
"""

import concurrent.futures
import dataclasses
import hashlib
import json
import logging
import multiprocessing
import os
import pathlib
import signal
from collections.abc import Iterator, Sequence

import cv2
import tqdm

from input_pipeline import (
  faces,
  media,
  prepare_video,
  records,
  tfrecord,
  tracks,
)

_log = logging.getLogger(__name__)

# Raise it when the same video and options give other records than before.
_VERSION = 4


@dataclasses.dataclass(frozen=True)
class Job:
  """One video to prepare, and where its part goes."""

  path: pathlib.Path
  clip_id: str
  speaker: str
  options: prepare_video.Options
  folder: pathlib.Path
  detector: faces.BatchDetector | None = None  # None: the one options name

  @property
  def part(self) -> pathlib.Path:
    """The TFRecord file of its chunks; its row lies beside it as JSON."""
    facts = self.path.stat()
    source = (self.clip_id, self.speaker, facts.st_size, facts.st_mtime_ns)
    settings = sorted(dataclasses.asdict(self.options).items())
    key = (source, settings, tracks.FACE_CROP, _VERSION)
    if self.detector is not None:
      key += (self.detector.fingerprint,)
    name = hashlib.sha256(repr(key).encode()).hexdigest()[:24]
    return self.folder / f'{name}.tfrecord'


def run(jobs: Sequence[Job], *, workers: int) -> list[dict]:
  """Prepares all videos; returns their manifest rows in the order of the jobs.

  Raises:
    OSError: a part cannot be written.
    RuntimeError: a process died.
  """
  rows: list[dict] = [{}] * len(jobs)
  done = _run_here(jobs) if workers == 1 else _run_in_pool(jobs, workers)
  with tqdm.tqdm(total=len(jobs), desc='prepare', unit='video') as bar:
    kept = 0
    for k, row in done:
      rows[k] = row
      kept += row['kept']
      bar.set_postfix(kept=kept, refresh=False)
      bar.update()
  return rows


def run_job(job: Job) -> dict:
  """Makes the part of one video unless it is there; returns its row."""
  part = job.part
  done = part.with_suffix('.json')
  if done.exists():
    return json.loads(done.read_text())
  unfinished = part.with_suffix(f'.{os.getpid()}')
  row = {'path': job.clip_id, 'speaker': job.speaker, 'split': ''}
  try:
    row, chunks = prepare_video.prepare_video(
      job.path,
      job.options,
      clip_id=job.clip_id,
      speaker=job.speaker,
      detector=job.detector,
    )
    with tfrecord.TFRecordWriter(unfinished) as writer:
      for chunk in chunks:
        writer.write(records.encode(chunk))
  except OSError:
    raise  # Ours, such as a full disk: `media` never lets a video's through.
  except Exception as error:
    # One odd file among thousands must not end a run of hours.
    _log.exception('%s', job.path)
    why = str(error) if isinstance(error, media.MediaError) else repr(error)
    row |= {'kept': False, 'chunks': 0, 'seconds': 0.0}
    row['reason'] = f'cannot be prepared: {why}'
  if row['kept']:
    tfrecord.rename(unfinished, part)
  else:
    tfrecord.remove(unfinished)
  # The row comes last: it says that the part is whole.
  unfinished.write_text(json.dumps(row))
  os.replace(unfinished, done)
  return row


def _run_here(jobs: Sequence[Job]) -> Iterator[tuple[int, dict]]:
  return ((k, run_job(job)) for k, job in enumerate(jobs))


def _run_in_pool(
  jobs: Sequence[Job], workers: int
) -> Iterator[tuple[int, dict]]:
  """Rows as they become ready, with the index of their job."""
  pool = _pool(
    min(workers, len(jobs)), in_threads=any(job.detector for job in jobs)
  )
  try:
    futures = {pool.submit(run_job, job): k for k, job in enumerate(jobs)}
    for future in concurrent.futures.as_completed(futures):
      yield futures[future], future.result()
  except concurrent.futures.process.BrokenProcessPool as error:
    raise RuntimeError(
      'A worker process died: out of memory, or a video crashes its decoder. '
      'Run again to go on; --workers 1 stops at the video in question.'
    ) from error
  finally:
    pool.shutdown(cancel_futures=True)


def _pool(workers: int, *, in_threads: bool) -> concurrent.futures.Executor:
  if in_threads:
    return concurrent.futures.ThreadPoolExecutor(workers)
  return concurrent.futures.ProcessPoolExecutor(
    workers,
    # Not fork: FFmpeg, OpenCV and JAX of the caller have threads.
    mp_context=multiprocessing.get_context('spawn'),
    initializer=_start_worker,
  )


def _start_worker():
  # One process per core already; Ctrl-C is for the parent to handle.
  cv2.setNumThreads(1)
  signal.signal(signal.SIGINT, signal.SIG_IGN)
