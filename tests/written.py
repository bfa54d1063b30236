"""What writers are given, and a disk that is full."""

import contextlib
import resource

import numpy as np


def clip(frames=25, side=24):
  """A second that brightens, and a tone of half the loudness."""
  levels = np.linspace(40, 200, frames).astype(np.uint8)
  pictures = np.broadcast_to(
    levels[:, None, None, None], (frames, side, side, 3)
  )
  time = np.arange(640 * frames) / 16_000
  return pictures, np.rint(2**14 * np.sin(2 * np.pi * 440 * time)).astype('i2')


@contextlib.contextmanager
def room(size):
  """Files can grow to so many bytes and no further, as on a full disk."""
  old = resource.getrlimit(resource.RLIMIT_FSIZE)
  resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
  try:
    yield
  finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, old)
