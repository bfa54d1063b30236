"""Checkpoints: the best and the last, atomic, complete in themselves.

The only package that knows orbax. A checkpoint holds the whole TrainState,
frozen networks included, and a JSON description that says how to build the
networks again, so it can be used without the config that made it.
"""

from lipsync_jax.checkpoint.layout import CheckpointError
from lipsync_jax.checkpoint.reader import describe, exists, load_network
from lipsync_jax.checkpoint.writer import Checkpointer

__all__ = [
  'CheckpointError',
  'Checkpointer',
  'describe',
  'exists',
  'load_network',
]
