"""Processes that exchange a number at every step, and how they end.

  python small_hosts.py ADDRESS COUNT HOST MODE

Modes: 'train' until told to stop; 'fails' has an error on host 1 at step 20;
'agrees' on what may differ, with the folder MODE=agrees:FOLDER.
"""

import pathlib
import signal
import sys
import time

from jax.experimental import multihost_utils

from lipsync_jax.training import agreement, hosts, launch, same_run


def main(address, count, host, mode):
  launch.start(
    launch.Launch(
      address, int(count), int(host), start_timeout=60, heartbeat_timeout=10
    )
  )
  if mode.startswith('agrees'):
    _agree(int(host), pathlib.Path(mode.partition(':')[2]))
    return
  wishes = []
  for number in hosts.own_signals():
    signal.signal(number, lambda number, frame: wishes.append(number))
  with hosts.ending_together():
    for step in range(1, 5000):
      multihost_utils.process_allgather(step)
      time.sleep(0.01)
      if step == 10:
        print('at work', flush=True)
      if mode == 'fails' and step == 20 and int(host) == 1:
        raise OSError('This disk is broken.')
      if hosts.agree_to_stop(step, bool(wishes)):
        print('stopped after', step, flush=True)
        sys.exit(143)


def _agree(host, folder):
  print('first says', agreement.first_says({'x': [host, 0.1 + host]}))
  print('all say', agreement.gather('é' * (5 * host)))
  agreement.same({'a': 1, 'b': 'x'})
  same_run.check_shared(folder / 'shared')
  for name, step in (
    (
      'other folder',
      lambda: same_run.check_shared(folder / str(host), patience=1),
    ),
    ('other values', lambda: agreement.same({'a': host})),
    ('no data', lambda: _look_for_data(host)),
  ):
    try:
      step()
    except ValueError as error:
      print(f'{name}: {error}')
  print('at work', flush=True)


def _look_for_data(host):
  with agreement.together():
    if host == 1:
      raise FileNotFoundError('there is no data')


if __name__ == '__main__':
  main(*sys.argv[1:])
