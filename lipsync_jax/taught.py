"""What an expert was trained by, and what follows for who listens to it."""

from collections.abc import Mapping
from typing import Any

from lipsync_jax import checkpoint, provenance


def sync_term(workdir: str | None) -> dict[str, Any]:
  """How a generator listens to an expert: as it was trained.

  Returns:
    'sync_loss', and 'sync_margin' where it was trained by distances.

  Raises:
    checkpoint.CheckpointError: it does not say how.
  """
  if not workdir:
    return {'sync_loss': 'matching'}
  description = checkpoint.describe(workdir)
  kind = objective(workdir, description)
  if kind == 'contrastive':
    margin = provenance.of_training(description, 'margin')
    if margin is None:
      raise checkpoint.CheckpointError(
        f'{workdir} does not say with what margin its expert was trained: '
        'convert its weights again.'
      )
    return {'sync_loss': kind, 'sync_margin': margin}
  return {'sync_loss': 'matching' if kind == 'multiway' else kind}


def objective(workdir: str, description: Mapping[str, Any]) -> str:
  """What an expert was trained by, see `tasks.expert.Task`.

  Raises:
    checkpoint.CheckpointError: it does not say.
  """
  found = provenance.of_training(description, 'objective')
  if not found and _listens(description):
    found = _objective_heard(workdir, description)
  if not found:
    raise checkpoint.CheckpointError(
      f'{workdir} does not say how its expert was trained (none does that took '
      'it from another run): give the folder of the run that trained it.'
    )
  return found


def training(workdir: str) -> dict[str, Any]:
  """An expert's 'objective' and 'margin', what of them its run says."""
  description = checkpoint.describe(workdir)
  found = {'objective': objective(workdir, description)}
  margin = provenance.of_training(description, 'margin')
  return found if margin is None else found | {'margin': margin}


def _listens(description: Mapping[str, Any]) -> bool:
  held = description.get('networks', {})
  return 'generator' in held and 'expert' in held


def _objective_heard(
  workdir: str, description: Mapping[str, Any]
) -> str | None:
  """Of a run of a generator, written before these said what taught them.

  'auto' leaves a temperature behind where that is matching, and no trace else.
  """
  kind = description.get('config', {}).get('loss', {}).get('sync_loss')
  if kind != 'auto':
    return 'multiway' if kind == 'matching' else kind
  try:
    checkpoint.load_network(workdir, 'temperature')
  except checkpoint.CheckpointError:
    return None
  return 'multiway'


def explained(workdir: str, description: dict[str, Any]) -> dict[str, Any]:
  """An expert's description with what is needed to use its embeddings.

  That is its 'objective' and, trained by matching, what its cosines are worth,
  'log_scale'; a generator that listens needs both.

  Raises:
    checkpoint.CheckpointError: it does not say what it was trained by; nobody
      could tell what its embeddings mean.
  """
  kind = objective(workdir, description)
  if kind != 'multiway':
    return description | {'objective': kind}
  scale, _ = checkpoint.load_network(workdir, 'temperature')
  log_scale = float(scale['params']['log_scale'])
  return description | {'objective': kind, 'log_scale': log_scale}


def is_multiway(workdir: str) -> bool:
  """Whether an expert was trained by matching, and so has a temperature."""
  return objective(workdir, checkpoint.describe(workdir)) == 'multiway'
