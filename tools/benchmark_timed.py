"""Preparing videos and measuring their sync, with the time it takes."""

import concurrent.futures
import contextlib
import dataclasses
import multiprocessing
import pathlib
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence

import cv2

from input_pipeline.preparation import parts, prepare_video, scoring, sources
from tools import benchmark_table


@dataclasses.dataclass
class Timed:
  """Something that was done.

  Attributes:
    seconds: by the clock.
    cpu: seconds, of all threads and processes.
    rows: of each video.
  """

  seconds: float = 0.0
  cpu: float = 0.0
  rows: list[list[dict]] = dataclasses.field(default_factory=list)

  @property
  def stored(self) -> float:
    """Percent of the frames that have a face among the candidates."""
    frames = sum(rows[0].get('frames', 0) for rows in self.rows)
    kept = sum(
      piece['frames']
      for rows in self.rows
      for row in rows
      for piece in row['pieces']
    )
    return 100 * kept / max(frames, 1)


def worker() -> concurrent.futures.ProcessPoolExecutor:
  """One process, like the preparation's, with nothing else in memory."""
  return concurrent.futures.ProcessPoolExecutor(
    1,
    mp_context=multiprocessing.get_context('spawn'),
    initializer=cv2.setNumThreads,
    initargs=(1,),
  )


def jobs(
  videos: Sequence[pathlib.Path],
  options: prepare_video.Options,
  folder: pathlib.Path,
) -> list[parts.Job]:
  """Jobs that store in a new folder: what is stored is not done again."""
  folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
  return [
    parts.Job(sources.Source(path, f'{k}', ''), options, folder)
    for k, path in enumerate(videos)
  ]


def prepare(todo: Sequence[parts.Job], *, workers: int) -> Timed:
  """As `tools.prepare` does."""
  with timed() as done:
    done.rows = parts.run(todo, workers=workers)
  return done


def prepare_here(job: parts.Job) -> tuple[Timed, float]:
  """One video; and the most memory this process has had, MB."""
  return prepare([job], workers=1), benchmark_table.peak_memory()


def score(todo: Sequence[parts.Job], rows, scorer: scoring.Scorer) -> Timed:
  """Sync of all tracks that `prepare` found."""
  stores = {job.store.name: job.store for job in todo}
  named = [
    row | {'store': name}
    for name, mine in zip(stores, rows, strict=True)
    for row in mine
  ]
  with timed() as done:
    scoring.score(named, stores, scorer)
  return done


@contextlib.contextmanager
def timed() -> Iterator[Timed]:
  """Fills in what the block takes."""
  done, begun, used = Timed(), time.perf_counter(), _cpu()
  yield done
  done.seconds = time.perf_counter() - begun
  done.cpu = _cpu() - used


def _cpu() -> float:
  """Seconds of this process and of its children that have ended."""
  used = [
    resource.getrusage(who)
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
  ]
  return sum(each.ru_utime + each.ru_stime for each in used)
