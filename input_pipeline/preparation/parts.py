"""The candidates of all videos, by as many processes as there are cores.

With a detector of the caller's they are threads of this process, which share
it: an accelerator is opened by one process only. What is stored already is not
done again: a store's name tells file, options, detector and code.
"""

import concurrent.futures
import concurrent.futures.process
import dataclasses
import functools
import hashlib
import logging
import os
import pathlib
from collections.abc import Iterator, Sequence

import tqdm

from input_pipeline import faces, tracks
from input_pipeline.preparation import (
  candidates,
  frame_folders,
  pools,
  prepare_video,
  prepared,
  sources,
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

  @functools.cached_property
  def facts(self) -> list[tuple[str, int, int]]:
    """Names, sizes and times of the files; read once, as they may change."""
    return _facts(self.source)

  @functools.cached_property
  def store(self) -> candidates.Store:
    """Where its candidates are."""
    key = (self.source.clip_id, self.facts)
    # The model is known by its bytes, wherever it is.
    options = dataclasses.replace(self.options, model_path=None)
    key += (sorted(dataclasses.asdict(options).items()),)
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
  sizes = [sum(size for _, size, _ in job.facts) for job in jobs]
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
  """Stores the candidates of one video unless they are there; its rows.

  What cannot be read is not stored: it may be readable the next time, when the
  disk is mended, a permission given or a module installed.
  """
  store = job.store
  rows = store.rows()
  if rows is not None:
    return rows
  try:
    found = prepare(job.source, job.options, job.detector)
    unread = found.rows[0]['stage'] == 'read'
    return found.rows if unread else store.write(found)
  except OSError:
    raise  # Ours, such as a full disk: `media` never lets a video's through.
  except Exception as error:
    # One odd file among thousands must not end a run of hours.
    _log.exception('%s', job.source.path)
    why = str(error) or type(error).__name__
    return _failed(f'cannot be prepared: {why}').rows


def prepare(
  source: sources.Source,
  options: prepare_video.Options,
  detector: faces.Detector | None = None,
) -> prepared.Prepared:
  """The candidates of one video, or folder of pictures."""
  # Not Path.is_dir, which raises where a folder above may not be entered.
  if os.path.isdir(source.path):
    return frame_folders.prepare_folder(
      source.path, size=options.size, quality=options.quality
    )
  return prepare_video.prepare_video(
    source.path, options, detector=detector, sound_path=source.audio
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
        yield k, alone(job)


def _once(
  jobs: dict[int, Job], workers: int
) -> Iterator[tuple[int, list[dict]]]:
  here = any(job.detector for job in jobs.values())
  start = concurrent.futures.ThreadPoolExecutor if here else pools.processes
  with start(min(workers, len(jobs))) as pool:
    with pools.uninterrupted():
      futures = {pool.submit(run_job, job): k for k, job in jobs.items()}
    try:
      for future in concurrent.futures.as_completed(futures):
        yield futures[future], future.result()
    finally:
      pool.shutdown(wait=False, cancel_futures=True)


def alone(job: Job) -> list[dict]:
  """As `run_job`, in a process of its own, which the video may crash."""
  try:
    [(_, rows)] = _once({0: job}, 1)
    return rows
  except concurrent.futures.process.BrokenProcessPool:
    _log.error('%s: %s.', job.source.path, _CRASHES)
    # Not stored: it may have been memory that others took.
    return _failed(_CRASHES).rows


def _failed(reason: str) -> prepared.Prepared:
  return prepared.dropped({}, 'read', reason)


def _facts(source: sources.Source) -> list[tuple[str, int, int]]:
  """Names, sizes and times of what a video is made of."""
  paths = [source.path, *([source.audio] if source.audio else [])]
  if os.path.isdir(source.path):
    paths = sorted(source.path.iterdir())
  return [(path.name, *_size_and_time(path)) for path in paths]


def _size_and_time(path: pathlib.Path) -> tuple[int, int]:
  try:
    stat = path.stat()
  except OSError:  # such as a link to nowhere; `media` says what is wrong
    return 0, 0
  return stat.st_size, stat.st_mtime_ns
