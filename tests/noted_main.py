"""The training command, with notes of the batches it takes, and mishaps.

The variable NOTED_MAIN holds JSON:
  note: every row of every batch is hashed into NOTE_<host>.jsonl
  slow: [host, seconds]: that host's batches come late
  broken: [host, step]: that host's data fails at a step
"""

import hashlib
import json
import os
import pathlib
import time

import numpy as np


def noted(make_dataset, *, note=None, slow=None, broken=None):
  """`dataset.make_dataset` with notes and mishaps."""

  def make(*args, process_index=0, start_step=0, **kwargs):
    made = make_dataset(
      *args, process_index=process_index, start_step=start_step, **kwargs
    )
    for step, batch in enumerate(made, start_step):
      if slow and slow[0] == process_index:
        time.sleep(slow[1])
      if broken == [process_index, step]:
        raise ValueError('This disk is broken.')
      if note:
        with pathlib.Path(f'{note}_{process_index}.jsonl').open('a') as file:
          file.write(json.dumps([step, rows(batch)]) + '\n')
      yield batch

  return make


def rows(batch) -> list[str]:
  """A hash of every row of a batch."""
  count = len(next(iter(batch.values())))
  return [
    hashlib.sha256(
      b''.join(
        np.ascontiguousarray(batch[name][i]).tobytes() for name in sorted(batch)
      )
    ).hexdigest()
    for i in range(count)
  ]


def read(note, hosts=1) -> dict[int, list[str]]:
  """By step, the hashes of the batch of all hosts together."""
  batches: dict[int, list[str]] = {}
  for host in range(hosts):
    path = pathlib.Path(f'{note}_{host}.jsonl')
    for step, hashes in map(json.loads, path.read_text().splitlines()):
      batches[step] = batches.get(step, []) + hashes
  return batches


if __name__ == '__main__':
  from input_pipeline import dataset
  from lipsync_jax import main

  changes = json.loads(os.environ['NOTED_MAIN'])
  dataset.make_dataset = noted(dataset.make_dataset, **changes)
  main.run()
