"""The candidates of all videos, by as many processes as there are cores.

With a detector of the caller's they are threads of this process, which share
it: an accelerator is opened by one process only. What is stored already is not
done again: a store's name tells file, options, detector and code.
"""

import concurrent.futures
import dataclasses
import hashlib
import logging
import multiprocessing
import pathlib
import signal
from collections.abc import Iterator, Sequence

import cv2
import tqdm

from input_pipeline import (
  candidates,
  faces,
  frame_folders,
  prepare_video,
  prepared,
  sources,
  tracks,
)

_log = logging.getLogger(__name__)

# Raise it when the same video and options give other candidates than before.
_VERSION = 5

_CRASHES = 'it makes the program that reads it crash'


@dataclasses.dataclass(frozen=True)
class Job:
  """One video to prepare, and the folder for its candidates."""

  source: sources.Source
  options: prepare_video.Options
  folder: pathlib.Path
  detector: faces.BatchDetector | None = None  # None: the one options name

  @property
  def store(self) -> candidates.Store:
    key = (self.source.clip_id, _facts(self.source))
    key += (sorted(dataclasses.asdict(self.options).items()),)
    key += (tracks.FACE_CROP, _VERSION)
    if self.detector is not None:
      key += (self.detector.fingerprint,)
    name = hashlib.sha256(repr(key).encode('utf-8', 'surrogateescape'))
    return candidates.Store(self.folder, name.hexdigest()[:24])


def run(jobs: Sequence[Job], *, workers: int) -> list[list[dict]]:
  """Stores the candidates of all videos; returns the rows of each.

  Raises:
    OSError: something cannot be written.
  """
  rows: list[list[dict]] = [[] for _ in jobs]
  sizes = [_bytes(job.source) for job in jobs]
  done = _run_here(jobs) if workers == 1 else _run_in_pool(jobs, workers)
  # By bytes: videos differ in length, and the time left depends on that.
  with tqdm.tqdm(
    total=sum(sizes), desc='videos', unit='B', unit_scale=True
  ) as bar:
    for count, (k, found) in enumerate(done, 1):
      rows[k] = found
      bar.set_postfix_str(f'{count} of {len(jobs)}', refresh=False)
      bar.update(sizes[k])
  return rows


def run_job(job: Job) -> list[dict]:
  """Stores the candidates of one video unless they are there; its rows."""
  store = job.store
  rows = store.rows()
  if rows is not None:
    return rows
  try:
    return store.write(prepare(job.source, job.options, job.detector))
  except OSError:
    raise  # Ours, such as a full disk: `media` never lets a video's through.
  except Exception as error:
    # One odd file among thousands must not end a run of hours.
    _log.exception('%s', job.source.path)
    return store.write(_failed(f'cannot be prepared: {error}'))


def prepare(
  source: sources.Source,
  options: prepare_video.Options,
  detector: faces.Detector | None = None,
) -> prepared.Prepared:
  """The candidates of one video, or folder of pictures."""
  if source.path.is_dir():
    return frame_folders.prepare_folder(
      source.path, size=options.size, quality=options.quality
    )
  return prepare_video.prepare_video(
    source.path,
    options,
    detector=detector,
    sound_path=source.audio,
    # Least work where there is a video for every core; and of a damaged one
    # more or fewer frames are decoded with more threads.
    threads=1,
  )


def _run_here(jobs: Sequence[Job]) -> Iterator[tuple[int, list[dict]]]:
  return ((k, run_job(job)) for k, job in enumerate(jobs))


def _run_in_pool(
  jobs: Sequence[Job], workers: int
) -> Iterator[tuple[int, list[dict]]]:
  """Rows as they become ready, with the index of their job."""
  left = dict(enumerate(jobs))
  while left:
    try:
      for k, rows in _once(left, workers):
        del left[k]
        yield k, rows
    except concurrent.futures.process.BrokenProcessPool:
      # Somebody's decoder crashed or took all memory: those that may have been
      # at work, each in a process of its own, tell who.
      suspects = dict(list(left.items())[: 2 * workers])
      for k, job in suspects.items():
        del left[k]
        yield k, _alone(job)


def _once(
  jobs: dict[int, Job], workers: int
) -> Iterator[tuple[int, list[dict]]]:
  threads = any(job.detector for job in jobs.values())
  with _pool(min(workers, len(jobs)), in_threads=threads) as pool:
    futures = {pool.submit(run_job, job): k for k, job in jobs.items()}
    try:
      for future in concurrent.futures.as_completed(futures):
        yield futures[future], future.result()
    finally:
      pool.shutdown(cancel_futures=True)


def _alone(job: Job) -> list[dict]:
  try:
    [(_, rows)] = _once({0: job}, 1)
    return rows
  except concurrent.futures.process.BrokenProcessPool:
    _log.error('%s: %s.', job.source.path, _CRASHES)
    return job.store.write(_failed(_CRASHES))


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


def _failed(reason: str) -> prepared.Prepared:
  return prepared.dropped({}, 'read', reason)


def _facts(source: sources.Source) -> list[tuple[str, int, int]]:
  """Names, sizes and times of what a video is made of."""
  paths = [source.path, *([source.audio] if source.audio else [])]
  if source.path.is_dir():
    paths = sorted(source.path.iterdir())
  facts = ((path.name, path.stat()) for path in paths)
  return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in facts]


def _bytes(source: sources.Source) -> int:
  return sum(size for _, size, _ in _facts(source))
