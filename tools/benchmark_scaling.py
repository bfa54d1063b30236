"""Weak scaling on virtual devices: twice the devices, twice the batch.

They share this machine's cores, so what is seen here is what dividing the work
costs, not what more hardware gains. Each number of devices is a process; they
take turns, so that whatever else runs on the machine slows all of them.
"""

import contextlib
import multiprocessing
import os

import numpy as np
import tqdm

from tools import benchmark_scaling_worker, benchmark_table

TASKS = ('expert', 'wav2lip')


def run(options) -> str:
  """Measures and returns the report."""
  if options.devices[0] != 1:
    raise ValueError('--devices begins with 1, which the others are held to.')
  rows = []
  for task in TASKS:
    rows += _measure(task, options)
  cores = os.cpu_count() or 1
  machine = benchmark_table.machine(('jax', 'jaxlib', 'flax'))
  return (
    f'{benchmark_table.table(rows)}\n\n{machine}\n\n'
    f'All virtual devices share {cores} cores. A step on N devices has N times '
    'the work of one: where one alone fills the cores it takes N times as long '
    'at best, an efficiency of 1 / N and examples/s of 1 times one device. '
    'Examples/s above 1 are cores that one device left idle, below 1 what '
    'dividing the work costs. What one device computes and all-reduces does '
    'not depend on this machine: it says whether N real devices have the same '
    'work each.'
  )


def _measure(task: str, options) -> list[dict[str, str]]:
  jobs = [
    benchmark_scaling_worker.Job(
      task,
      devices,
      options.batch_size,
      options.width,
      options.image_size,
      options.steps,
    )
    for devices in options.devices
  ]
  with contextlib.ExitStack() as stack:
    pipes, programs = [], []
    for job in tqdm.tqdm(jobs, desc=f'compile {task}'):
      pipe = stack.enter_context(_worker(job))
      pipes.append(pipe)
      programs.append(_receive(pipe, job))
    seconds = [[] for _ in jobs]
    for _ in tqdm.trange(options.repeats, desc=task, unit='round'):
      for pipe, job, times in zip(pipes, jobs, seconds, strict=True):
        pipe.send(True)
        times.append(_receive(pipe, job))
  return [
    _row(*found, np.divide(seconds[0], found[-1]))
    for found in zip(jobs, programs, seconds, strict=True)
  ]


@contextlib.contextmanager
def _worker(job):
  """A process that serves a job; ends with the block."""
  context = multiprocessing.get_context('spawn')
  pipe, theirs = context.Pipe()
  process = context.Process(
    target=benchmark_scaling_worker.serve, args=(theirs, job), daemon=True
  )
  process.start()
  theirs.close()  # So that its death is noticed: recv raises EOFError.
  try:
    yield pipe
    pipe.send(False)
  finally:
    pipe.close()
    process.join(timeout=30)
    process.kill()


def _receive(pipe, job):
  try:
    return pipe.recv()
  except EOFError as error:
    raise OSError(f'The process with {job.devices} devices ended.') from error


def _row(job, program, seconds, efficiency) -> dict[str, str]:
  spread, number = benchmark_table.spread, benchmark_table.number
  return {
    'config': job.task,
    'devices': f'{job.devices}',
    'batch': f'{job.batch * job.devices}',
    'seconds / step': spread(seconds),
    'weak-scaling efficiency': spread(efficiency),
    'examples/s, of one device': spread(job.devices * efficiency),
    'GFLOP / device': number(program.gflop),
    'all-reduced MB / device': number(program.reduced),
    'other collectives, MB': number(program.others),
    'collectives': f'{program.operations}',
  }
