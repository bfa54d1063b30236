"""Live frames: how soon the first comes, how many a second, and the drift."""

import pathlib
import tempfile
import time
from collections.abc import Callable

import jax
import numpy as np
import tqdm

from input_pipeline import alignment, audio, faces, synthetic
from lipsync_jax.inference import avatar, stream
from tools import (
  benchmark_drift,
  benchmark_footage,
  benchmark_generator,
  benchmark_table,
)

_SIZE = 1280, 720  # of the avatar's pictures
_SECONDS = 2.0  # of the avatar
_CHUNK = 320  # samples: 20 ms a push
_DRIFT = {'sample_rate': 44_100, 'chunk': 44_101}  # odd, 1 s


def run(options) -> str:
  """Measures and returns the report."""
  name, drawing = benchmark_generator.make(**vars(options))
  clip = synthetic.make_clip(synthetic.person(0), seed=0, num_frames=75)
  with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, 'talker.mp4')
    benchmark_footage.write(path, clip, size=_SIZE, seconds=_SECONDS)
    person = avatar.prepare(path, faces.make_detector('cascade'))
  stream.Stream(person, drawing, batch_sizes=options.batch_size).warm_up()
  waits = [
    _first_frame(person, drawing, clip.audio)
    for _ in tqdm.trange(options.repeats, desc='first frame', disable=None)
  ]
  rows = _sustained(person, drawing, clip.audio, options)
  tables = [
    f'{name}; avatar of {_SIZE[0]} x {_SIZE[1]}',
    benchmark_table.table([_first_row(person, drawing, np.array(waits))]),
    benchmark_table.table([_speed_row(*row) for row in rows.items()]),
  ]
  if options.hours:
    drift = benchmark_drift.measure(hours=options.hours, **_DRIFT)
    tables.append(benchmark_table.table([_drift_row(options.hours, drift)]))
  device = jax.devices()[0]
  machine = benchmark_table.machine(
    ('jax', 'jaxlib', 'av'), device=f'{device.platform}: {device.device_kind}'
  )
  return '\n\n'.join([*tables, machine])


def _first_frame(person, drawing, sound: np.ndarray) -> tuple[float, float]:
  """Seconds from the first push to the first frame: of sound, of computing.

  The sound comes as it is spoken: the pushes before the last one are long done
  by then.
  """
  live = stream.Stream(person, drawing)
  for start in range(0, len(sound), _CHUNK):
    seconds, frames = _timed(live, sound[start : start + _CHUNK])
    if frames:
      return start / audio.SAMPLE_RATE, seconds
  raise AssertionError('The sound was too short for one frame.')


def _sustained(
  person, drawing, sound: np.ndarray, options
) -> dict[int, list[float]]:
  """Seconds of pushes of as much sound as a batch of frames lasts, by size."""
  sizes = options.batch_size
  lives = [
    stream.Stream(person, drawing, batch_sizes=sorted({1, size}))
    for size in sizes
  ]
  takes = [_endless(sound) for _ in sizes]
  for live, take in zip(lives, takes, strict=True):
    _timed(live, take(round(float(live.algorithmic_delay) * audio.SAMPLE_RATE)))
  seconds = {size: [] for size in sizes}
  begun = time.perf_counter()
  for k in tqdm.trange(options.repeats, desc='sustained', disable=None):
    if k >= 3 and time.perf_counter() - begun > options.seconds:
      break
    for size, live, take in zip(sizes, lives, takes, strict=True):
      elapsed, came = _timed(
        live, take(size * audio.SAMPLE_RATE // alignment.FPS)
      )
      if came != size:
        raise AssertionError(f'{came} frames came of the sound of {size}.')
      seconds[size].append(elapsed)
  return seconds


def _speed_row(size: int, seconds: list[float]) -> dict[str, str]:
  middle, high = 1000 * np.quantile(seconds, (0.5, 0.99)) / size
  return {
    'frames a call': str(size),
    'frames/s': benchmark_table.number(size * len(seconds) / sum(seconds)),
    'ms a frame, p50': benchmark_table.number(middle),
    'p99': benchmark_table.number(high),
    'calls': str(len(seconds)),
  }


def _timed(live: stream.Stream, samples: np.ndarray) -> tuple[float, int]:
  """Seconds of a push and its frames, and how many they are."""
  begun = time.perf_counter()
  live.push(samples)
  count = sum(1 for _ in live.frames())
  return time.perf_counter() - begun, count


def _endless(sound: np.ndarray) -> Callable[[int], np.ndarray]:
  """Gives the next samples, again and again from the start."""
  at = 0

  def take(count: int) -> np.ndarray:
    nonlocal at
    taken = sound[np.arange(at, at + count) % len(sound)]
    at += count
    return taken

  return take


def _first_row(person, drawing, waits: np.ndarray) -> dict[str, str]:
  live = stream.Stream(person, drawing)
  total = 1000 * waits.sum(1)
  middle, high = np.quantile(total, (0.5, 0.99))
  return {
    'algorithmic delay, ms': f'{1000 * float(live.algorithmic_delay):.1f}',
    'first frame after the first push of 20 ms, p50': f'{middle:.1f}',
    'p99': f'{high:.1f}',
    'of it waiting for sound': f'{1000 * waits[:, 0].mean():.1f}',
  }


def _drift_row(hours: float, drift: benchmark_drift.Drift) -> dict[str, str]:
  return {
    'simulated': f'{hours:g} h of 44.1 kHz in pieces of {_DRIFT["chunk"]}',
    'frames': str(drift.frames),
    'sound off the frames, ms': f'{drift.sound:.3f}',
    f'mouth off {drift.clicks} clicks, ms, at most': f'{drift.mouth:.3f}',
    'from the first tenth to the last': f'{drift.change:+.3f}',
    'memory grew after the first tenth, MB': f'{drift.grown:.1f}',
  }
