"""What the notebooks in colab/ run commands with.

from tools import notebook
notebook.run('tools.prepare', '--videos=my_videos', '--output=data/mine')

The command `python -m tools.notebook` prints what JAX computes on.

A command is a process of its own: the notebook's never holds the accelerator,
which a TPU gives to one process only.
"""

import argparse
import codecs
import os
import pathlib
import subprocess
import sys
from collections.abc import Sequence


def run(
  module: str,
  *options: str,
  done: str | os.PathLike = '',
  accept: Sequence[int] = (0,),
) -> None:
  """Runs a command of this project and shows what it prints while it runs.

  Interrupting the cell interrupts the command, which saves what it has; a
  second time ends it.

  Args:
    module: such as 'tools.prepare'.
    *options: a word each. There is no shell: spaces in them do no harm.
    done: is there if the command ran before, which then is left out.
    accept: exit codes that are no failure.

  Raises:
    RuntimeError: it failed.
  """
  command = [sys.executable, '-m', module, *map(str, options)]
  print(f'$ python -m {" ".join(command[2:])}', flush=True)
  if done and pathlib.Path(done).exists():
    print(f'Done before: {done}')
    return
  process = subprocess.Popen(
    command,
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    env={**os.environ, 'PYTHONUNBUFFERED': '1'},
  )
  try:
    _show(process.stdout)
  except KeyboardInterrupt:
    # It was interrupted too, being in the notebook's process group.
    _show(process.stdout)
    raise
  finally:
    process.stdout.close()
    if process.poll() is None:
      process.terminate()
    code = process.wait()
  if code not in accept:
    raise RuntimeError(f'{module} ended with code {code}; see what it printed.')


def _show(pipe) -> None:
  """Prints as it comes: a progress bar ends no line."""
  decode = codecs.getincrementaldecoder('utf-8')('replace').decode
  while piece := pipe.read1(4096):
    print(decode(piece), end='', flush=True)


def main(argv: Sequence[str] | None = None) -> None:
  argparse.ArgumentParser(
    prog='python -m tools.notebook',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  ).parse_args(argv)
  import jax

  devices = jax.devices()
  print(
    f'{len(devices)} x {devices[0].device_kind} ({devices[0].platform}), '
    f'JAX {jax.__version__}. Batch sizes must be divisible by {len(devices)}.'
  )


if __name__ == '__main__':
  main()
