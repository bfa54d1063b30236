"""What tells one dubbing from another, so that none goes on with another's."""

import hashlib
import json
import os
import pathlib
from typing import Any

import lipsync_jax
from lipsync_jax.inference import plans

# Of an output's metadata.
TAG = 'lipsync_jax_job'
_OPTIONS = ('face', 'fit', 'preview', 'reference', 'detect_every', 'crf')


def of(
  job: plans.Job, *, generator, detector, enhancer=None, expert=None
) -> dict[str, Any]:
  """All that the pictures of a job depend on, as JSON.

  Args:
    job: its files are told apart by size and time, not read.
    generator, detector, enhancer, expert: that it is done with.
  """
  expert = expert if job.face == 'speaker' else None
  options = {name: getattr(job, name) for name in _OPTIONS}
  return options | {
    'video': _file(job.video),
    'sounds': [_file(path) for path in job.sounds],
    'speakers': list(job.speakers or ()),
    'version': lipsync_jax.__version__,
    'detector': detector.name,
    'tools': [_name(tool) for tool in (generator, enhancer, expert)],
  }


def tag(job: plans.Job, pictures: dict[str, Any]) -> str:
  """What an output carries to be known again by its job, see `of`."""
  rest = [job.keep_sound, job.consent]
  text = json.dumps([pictures, rest], sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()[:16]


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
