"""Where checkpoints lie in a run folder, and how they are named."""

import contextlib
import logging

FOLDER = 'checkpoints'
# Readers must name steps as the writer did, or orbax finds none.
FORMAT = {'step_format_fixed_length': 8}


class CheckpointError(ValueError):
  """A checkpoint that is missing or does not fit, with what to do."""


@contextlib.contextmanager
def quiet():
  """Orbax tells of every file, and warns of what is meant; errors only here."""
  absl = logging.getLogger('absl')
  level = absl.level
  absl.setLevel(logging.ERROR)
  try:
    yield
  finally:
    absl.setLevel(level)
