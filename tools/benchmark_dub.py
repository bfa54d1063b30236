"""Dubbing: work by stage, frames per second, and memory against the length."""

import concurrent.futures
import multiprocessing
import pathlib
import tempfile
import time

from input_pipeline import faces, synthetic
from tools import benchmark_footage, benchmark_generator, benchmark_table

_STAGES = ('decode', 'detect', 'crop', 'generate', 'blend', 'encode', 'join')
_CLIP_FRAMES = 250  # drawn once and shown again and again
_SIZE = 1280, 720


def run(options) -> str:
  """Measures and returns the report."""
  with tempfile.TemporaryDirectory() as folder:
    found = [
      (name, _alone(_dub, str(path), folder, vars(options)))
      for name, path in _videos(options, pathlib.Path(folder))
    ]
  rows = [_row(name, measured) for name, measured in found]
  text = [f'{found[0][1]["generator"]}', benchmark_table.table(rows)]
  if len(found) > 1:
    first, last = found[0][1]['peak_mb'], found[-1][1]['peak_mb']
    text.append(f'Peak memory, last / first: {last / first:.3f}')
  machine = benchmark_table.machine(
    ('jax', 'jaxlib', 'av'), device=found[0][1]['device']
  )
  return '\n\n'.join([*text, machine])


def _videos(options, folder: pathlib.Path):
  """Name and path of what is to be dubbed; one at a time lies on the disk."""
  if options.videos:
    yield from ((path.name, path) for path in options.videos)
    return
  clip = synthetic.make_clip(
    synthetic.person(0), seed=0, num_frames=_CLIP_FRAMES
  )
  piece = folder / 'piece.mp4'
  seconds = 60 * min(1, *options.minutes)
  benchmark_footage.write(
    piece, clip, size=_SIZE, seconds=seconds, preset='fast'
  )
  for minutes in options.minutes:
    path = folder / 'in.mp4'
    benchmark_footage.repeat(path, piece, round(60 * minutes / seconds))
    yield f'{minutes:g} min of 720p', path


def _alone(work, *arguments):
  """Calls a function in a process of its own, whose peak memory is its own."""
  with concurrent.futures.ProcessPoolExecutor(
    1, mp_context=multiprocessing.get_context('spawn')
  ) as pool:
    return pool.submit(work, *arguments).result()


def _dub(video: str, folder: str, options: dict) -> dict:
  import lipsync_jax

  name, drawing = benchmark_generator.make(**options)
  benchmark_generator.warm_up(drawing, options['batch_size'])
  begun = time.monotonic()
  report = lipsync_jax.dub(
    video,
    video,
    pathlib.Path(folder, 'out.mp4'),
    generator=drawing,
    detector=faces.make_detector(
      options['detector'], model_path=options['yunet']
    ),
    batch_size=options['batch_size'],
    crf=options['crf'],
  )
  return {
    'generator': name,
    'device': drawing.device,
    'frames': report.frames,
    'edited': report.edited,
    'seconds': time.monotonic() - begun,
    'stages': report.stage_seconds,
    'crf': report.crf,
    'peak_mb': benchmark_table.peak_memory(),
  }


def _row(name: str, found: dict) -> dict[str, str]:
  seconds = found['seconds']
  shares = {
    f'{stage}, %': benchmark_table.number(
      100 * found['stages'].get(stage, 0.0) / seconds, 2
    )
    for stage in _STAGES
  }
  return {
    'video': name,
    'frames': f'{found["frames"]}',
    'edited': f'{found["edited"]}',
    'crf': f'{found["crf"]}',
    'frames/s': benchmark_table.number(found['frames'] / seconds),
    **shares,
    'peak RSS, MB': f'{found["peak_mb"]:.0f}',
  }
