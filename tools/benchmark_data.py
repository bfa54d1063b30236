"""Windows per second of CPU: our input pipeline against the reference's way.

Both make batches of 16 generator examples at 96 pixels, ours with augmentation
as in training, each in a process of its own, turn by turn. CPU seconds of all
threads are counted, so the numbers are per core and other programs matter
little.
"""

import contextlib
import importlib.util
import multiprocessing
import os
import pathlib
import tempfile
import time

import cv2
import numpy as np
import tqdm

from input_pipeline import shards
from tools import benchmark_clips, benchmark_table

_BATCH = 16
_SECONDS = 1.5  # of CPU per reading
_BLAS = ('OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'OMP_NUM_THREADS')


def run(options) -> str:
  """Measures and returns the report."""
  with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    data = options.data or benchmark_clips.make_data(
      folder, max(options.seconds)
    )
    clips = {
      seconds: benchmark_clips.write_reference(
        data, folder / f'{seconds}', seconds
      )
      for seconds in options.seconds
    }
    cases = [('ours', data, '', 1)]
    for seconds, count in clips.items():
      # kaiser_best is what librosa 0.7, which Wav2Lip asks for, uses.
      for resampler in ('soxr_hq', 'kaiser_best'):
        if count and (
          resampler == 'soxr_hq' or importlib.util.find_spec('resampy')
        ):
          cases.append(('reference', folder / f'{seconds}', resampler, 1))
      if count:
        cases.append(('reference', folder / f'{seconds}', 'soxr_hq', 0))
    speeds = _measure(cases, options.repeats)
  return _report(cases, speeds)


def _measure(cases, repeats: int) -> list[list[float]]:
  """Windows per CPU second of every case, turn by turn."""
  speeds = [[] for _ in cases]
  with contextlib.ExitStack() as stack:
    workers = [stack.enter_context(_worker(*case)) for case in cases]
    for _ in tqdm.trange(repeats, desc='data', unit='round'):
      for pipe, found in zip(workers, speeds, strict=True):
        pipe.send('go')
        found.append(pipe.recv())
  return speeds


@contextlib.contextmanager
def _worker(kind, folder, resampler, threads):
  """A process that makes batches when told to; threads 0: as many as BLAS
  takes by itself."""
  ours, theirs = multiprocessing.Pipe()
  before = {name: os.environ.pop(name, None) for name in _BLAS}
  if threads:
    os.environ.update(dict.fromkeys(_BLAS, f'{threads}'))
  context = multiprocessing.get_context('spawn')
  # Libraries read the variables when they are loaded.
  process = context.Process(
    target=_work, args=(theirs, kind, folder, resampler), daemon=True
  )
  process.start()
  for name, value in before.items():
    os.environ.pop(name, None)
    if value is not None:
      os.environ[name] = value
  ours.recv()
  yield ours
  process.terminate()
  process.join()


def _work(pipe, kind, folder, resampler):
  cv2.setNumThreads(1)
  make = _ours(folder) if kind == 'ours' else _reference(folder, resampler)
  for _ in range(3):
    make()
  _settle()
  pipe.send('ready')
  while pipe.recv() == 'go':
    count, start = 0, time.process_time()
    while time.process_time() - start < _SECONDS:
      make()
      count += _BATCH
    _settle()  # Batches made ahead have been paid for now.
    pipe.send(count / (time.process_time() - start))


def _settle():
  """Waits until the threads of this process have nothing more to do."""
  used, idle = time.process_time(), 0
  while idle < 3:
    time.sleep(0.02)
    now = time.process_time()
    idle = idle + 1 if now - used < 1e-3 else 0
    used = now


def _ours(folder: pathlib.Path):
  from absl import flags

  from input_pipeline import augment, dataset, windows

  flags.FLAGS.mark_as_parsed()  # grain reads a flag.
  batches = dataset.make_dataset(
    shards.load_split(folder, 'train'),
    'generator',
    windows.Options(image_size=96, augmentation=augment.Augmentation()),
    batch_size=_BATCH,
    seed=0,
  )
  return lambda: next(batches)


def _reference(folder: pathlib.Path, resampler: str):
  from tools import benchmark_reference

  dataset = benchmark_reference.Dataset(
    sorted(folder.iterdir()), resampler=resampler, seed=0
  )
  return lambda: dataset.batch(_BATCH)


def _report(cases, speeds) -> str:
  ours, rows = speeds[0], []
  for (_, folder, resampler, threads), theirs in zip(
    cases[1:], speeds[1:], strict=True
  ):
    ratios = np.divide(ours, theirs)
    rows.append(
      {
        'clips': f'{folder.name} s',
        'resampler': resampler,
        'BLAS threads': f'{threads or "default"}',
        'reference, windows / CPU s': benchmark_table.spread(theirs),
        'ours, windows / CPU s': benchmark_table.spread(ours),
        'ours / reference': benchmark_table.spread(ratios),
      }
    )
  packages = ('numpy', 'opencv-python-headless', 'librosa', 'grain')
  return f'{benchmark_table.table(rows)}\n\n{benchmark_table.machine(packages)}'
