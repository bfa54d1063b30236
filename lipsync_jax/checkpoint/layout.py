"""Where checkpoints lie in a run folder, and how they are named."""

FOLDER = 'checkpoints'
# Readers must name steps as the writer did, or orbax finds none.
FORMAT = {'step_format_fixed_length': 8}


class CheckpointError(ValueError):
  """A checkpoint that is missing or does not fit, with what to do."""
