"""Processes that exchange a number at every step, and how they end.

  python small_hosts.py ADDRESS COUNT HOST MODE

Modes: 'train' until told to stop; 'fails' has an error on host 1 at step 20.
"""

import signal
import sys
import time

from jax.experimental import multihost_utils

from lipsync_jax.training import hosts, launch


def main(address, count, host, mode):
  launch.start(
    launch.Launch(
      address, int(count), int(host), start_timeout=60, heartbeat_timeout=10
    )
  )
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


if __name__ == '__main__':
  main(*sys.argv[1:])
