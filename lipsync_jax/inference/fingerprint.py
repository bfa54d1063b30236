"""What tells one dubbing from another, so that none goes on with another's."""

import os
import pathlib
from collections.abc import Sequence
from typing import Any

import lipsync_jax
from lipsync_jax.inference import plans

_OPTIONS = ('face', 'fit', 'preview', 'reference', 'detect_every')


def of(
  job: plans.Job, *, crf: int, detector: str, tools: Sequence
) -> dict[str, Any]:
  """All that the pictures of a job depend on, as JSON.

  Args:
    job: its files are told apart by size and time, not read.
    crf: as chosen.
    detector: its name.
    tools: networks and functions it is done with, or None.
  """
  options = {name: getattr(job, name) for name in _OPTIONS}
  return options | {
    'video': _file(job.video),
    'sounds': [_file(path) for path in job.sounds],
    'speakers': list(job.speakers or ()),
    'version': lipsync_jax.__version__,
    'crf': crf,
    'detector': detector,
    'tools': [_name(tool) for tool in tools],
  }


def _name(tool) -> str:
  """A network by its weights, a function by its name; '' is any other."""
  if hasattr(tool, 'variables'):  # a `measure.Judge`
    # Here, so that all else does without JAX.
    from lipsync_jax import networks

    return networks.fingerprint(tool.variables, tool.similarity)
  return getattr(tool, 'fingerprint', getattr(tool, '__qualname__', ''))


def _file(path) -> list:
  found = pathlib.Path(path).stat()
  return [os.path.abspath(path), found.st_size, found.st_mtime_ns]
