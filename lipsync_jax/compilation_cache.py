"""Compiled programs kept on disk, so that the second start is a quick one.

JAX's own variables decide: JAX_ENABLE_COMPILATION_CACHE=false turns this off,
JAX_COMPILATION_CACHE_DIR moves it. The folder may be deleted at any time.
"""

import logging
import os
import pathlib

import jax
from jax.experimental.compilation_cache import compilation_cache

_LOG = logging.getLogger(__name__)

_CPU_INFO = pathlib.Path('/proc/cpuinfo')


def folder() -> pathlib.Path:
  """~/.cache/lipsync_jax/xla."""
  return pathlib.Path.home() / '.cache' / 'lipsync_jax' / 'xla'


def enable() -> bool:
  """Keeps compiled programs in `folder()` unless the user chose otherwise.

  Keys contain the program, the versions, the flags and the kind of device, so
  a hit is what would have been compiled, bit for bit.

  Returns:
    Whether programs are kept, here or where the user wants them.
  """
  if not jax.config.jax_enable_compilation_cache:
    return False
  if jax.config.jax_compilation_cache_dir:
    return True  # The user's choice, thresholds included.
  if jax.default_backend() == 'cpu' and not usable():
    return False
  try:
    folder().mkdir(parents=True, exist_ok=True)
    writable = os.access(folder(), os.W_OK)
  except (OSError, RuntimeError):  # RuntimeError: nobody's home.
    writable = False
  if not writable:
    # JAX would warn at every program.
    _LOG.debug('%s cannot be written: every start compiles anew.', folder())
    return False
  jax.config.update('jax_compilation_cache_dir', os.fspath(folder()))
  # The default, 1 s, leaves out the small ones; together they take seconds.
  jax.config.update('jax_persistent_cache_min_compile_time_secs', 0.1)
  # Programs compiled before have fixed that there is no cache.
  compilation_cache.reset_cache()
  return True


def usable() -> bool:
  """Whether programs for this processor can be kept."""
  # XLA refuses its own stored programs on Intel's, an error line for each
  # (github.com/jax-ml/jax/issues/38445).
  return not _is_intel()


def _is_intel() -> bool:
  try:
    return 'GenuineIntel' in _CPU_INFO.read_text()
  except OSError:
    return False  # Not Linux.
