"""Audio-driven lip-sync in JAX."""

import importlib

__version__ = '0.1.0'


def __getattr__(name: str):
  # Loaded when asked for: importing the package does no work.
  if name == 'dub':
    return importlib.import_module('lipsync_jax.inference.dub').dub
  raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
