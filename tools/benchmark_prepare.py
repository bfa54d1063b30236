"""The preparation: speed of all workers, CPU time by stage, and memory.

Videos are prepared as `tools.prepare` does it: a process per core, candidates
stored. The stages are measured in one process, by CPU time, which other
programs on the machine disturb less than they do the clock.
"""

import pathlib
import tempfile
from collections.abc import Sequence

import numpy as np

from input_pipeline import alignment, faces, media, synthetic
from input_pipeline.preparation import prepare_video
from tools import (
  benchmark_footage,
  benchmark_stages,
  benchmark_table,
  benchmark_timed,
  experts,
)

_DRAWN = 75  # frames, shown again and again
# Levels: with it 720p takes 1.8 Mb/s and as long to decode as a talk from the
# web (2 ms a frame); without it half as long.
_NOISE = 5.5
# Width and height of what the speed and the memory are measured with.
_SIZE, _LARGE = (1280, 720), (1920, 1080)
_PACKAGES = ('av', 'opencv-python-headless', 'numpy')


def run(options) -> str:
  """Measures and returns the report."""
  detector = faces.make_detector(options.detector, model_path=options.yunet)
  how = prepare_video.Options(detector=detector.name, model_path=options.yunet)
  minutes = [length for length in options.memory_minutes if length]
  with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    clip = synthetic.make_clip(synthetic.person(0), seed=0, num_frames=_DRAWN)
    short = _talker(folder / 'short.mp4', clip, 1)
    videos = options.videos or options.workers * [
      _talker(folder / 'talker.mp4', clip, options.seconds)
    ]
    tables = _speed(options, how, videos, short, folder)
    if minutes:
      tables.append([_memory(folder, clip, m, how) for m in minutes])
  texts = [benchmark_table.table(rows) for rows in tables]
  return '\n\n'.join([*texts, benchmark_table.machine(_PACKAGES)])


def _talker(path: pathlib.Path, clip, seconds: float) -> pathlib.Path:
  benchmark_footage.write(
    path,
    clip,
    size=_SIZE,
    seconds=seconds,
    noise=_NOISE,
    preset='fast',
  )
  return path


def _speed(options, how, videos, short, folder) -> list[list[dict[str, str]]]:
  """Of all workers, of the stages, and of measuring sync: rows of tables."""
  scorer = experts.load_scorer(options.expert) if options.expert else None
  starts, done, stages, scored = [], [], [], []
  with benchmark_timed.worker() as process:
    _stages(process, short, how, folder)  # imports
    for _ in range(options.repeats):
      few = benchmark_timed.jobs([short] * options.workers, how, folder)
      jobs = benchmark_timed.jobs(videos, how, folder)
      starts.append(benchmark_timed.prepare(few, workers=options.workers))
      done.append(benchmark_timed.prepare(jobs, workers=options.workers))
      stages.append(_stages(process, videos[0], how, folder))
      if scorer:
        scorer(jobs[0].store.chunks([0]))  # compiled now
        scored.append(benchmark_timed.score(jobs, done[-1].rows, scorer))
  tables = [
    [_speed_row(options, how, videos, starts, done)],
    _stage_rows(stages, media.probe(videos[0]).duration * alignment.FPS),
  ]
  if scorer:
    tables.append([_sync_row(options, _length(videos), scored)])
  return tables


def _stages(process, path: pathlib.Path, how, folder) -> dict[str, float]:
  [job] = benchmark_timed.jobs([path], how, folder)
  return process.submit(benchmark_stages.measure, job).result()


def _speed_row(
  options,
  how: prepare_video.Options,
  videos: Sequence[pathlib.Path],
  starts: Sequence[benchmark_timed.Timed],
  done: Sequence[benchmark_timed.Timed],
) -> dict[str, str]:
  length = _length(videos)
  wall = np.array([each.seconds for each in done])
  start = np.array([each.seconds for each in starts])
  return {
    'footage': _footage(options, videos),
    'video s': benchmark_table.number(length),
    'stored, %': benchmark_table.number(done[-1].stored),
    'detector': how.detector,
    'workers': f'{options.workers}',
    'start, s': benchmark_table.spread(start),
    'times realtime': benchmark_table.spread(length / wall),
    'once started': benchmark_table.spread(length / (wall - start)),
  }


def _length(videos: Sequence[pathlib.Path]) -> float:
  return sum(media.probe(path).duration for path in videos)


def _footage(options, videos: Sequence[pathlib.Path]) -> str:
  info = media.probe(videos[0])
  rate = videos[0].stat().st_size * 8 / info.duration / 1e6
  kind = 'given' if options.videos else 'talkers'
  return (
    f'{kind}, {info.width} x {info.height}, '
    f'{benchmark_table.number(rate, 2)} Mb/s'
  )


def _stage_rows(
  stages: Sequence[dict[str, float]], frames: float
) -> list[dict[str, str]]:
  totals = [sum(found.values()) for found in stages]
  rows = []
  for name in (*benchmark_stages.STAGES, 'all'):
    used = [found.get(name, sum(found.values())) for found in stages]
    share = np.median(np.divide(used, totals))
    rows.append(
      {
        'stage': name,
        'CPU ms / frame': benchmark_table.spread(
          1000 * np.array(used) / frames, 2
        ),
        '%': benchmark_table.number(100 * share, 2),
      }
    )
  return rows


def _sync_row(
  options, length: float, scored: Sequence[benchmark_timed.Timed]
) -> dict[str, str]:
  seconds = np.array([each.seconds for each in scored])
  cpu = np.array([each.cpu for each in scored])
  return {
    'sync measured by': f'{options.expert}',
    'times realtime': benchmark_table.spread(length / seconds),
    'CPU s / video s': benchmark_table.spread(cpu / length),
  }


def _memory(folder, clip, minutes: float, how) -> dict[str, str]:
  """One video, prepared by a process that does nothing else: a row."""
  path = folder / 'long.mp4'
  benchmark_footage.write(path, clip, size=_LARGE, seconds=60 * minutes)
  [job] = benchmark_timed.jobs([path], how, folder)
  with benchmark_timed.worker() as process:
    done, peak = process.submit(benchmark_timed.prepare_here, job).result()
  path.unlink()
  return {
    'video': f'{minutes:g} min, {_LARGE[0]} x {_LARGE[1]}',
    'detector': how.detector,
    'stored, %': benchmark_table.number(done.stored),
    'peak RSS of a worker, MB': benchmark_table.number(peak),
    'CPU s / video s': benchmark_table.number(done.cpu / minutes / 60),
  }
