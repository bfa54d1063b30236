"""A run's folder as something to examine."""

import json
import pathlib
from typing import Any

from lipsync_jax import checkpoint, family, metric_writer
from lipsync_jax.judging import measure
from lipsync_jax.training.diagnosis import examination


def read_config(workdir: str | pathlib.Path, defaults: Any) -> Any:
  """What a run was trained with.

  Args:
    workdir: its folder.
    defaults: an ml_collections.ConfigDict of every field, for those that came
      after the run.

  Raises:
    FileNotFoundError: no run was started there.
    ValueError: its config is no JSON.
  """
  path = pathlib.Path(workdir) / 'config.json'
  if not path.exists():
    raise FileNotFoundError(
      f'{workdir} holds no config.json: give the --workdir of a training run.'
    )
  try:
    stored = json.loads(path.read_text())
  except json.JSONDecodeError as error:
    raise ValueError(f'{path} is no JSON: {error}.') from error
  return type(defaults)(_merged(defaults.to_dict(), stored))


def _merged(defaults: Any, stored: Any) -> Any:
  if not (isinstance(defaults, dict) and isinstance(stored, dict)):
    return stored
  return defaults | {
    name: _merged(defaults.get(name), value) for name, value in stored.items()
  }


def own_expert(
  workdir: str | pathlib.Path, subject: examination.Subject
) -> measure.Judge | None:
  """The expert a run trains, or the one its generator listens to; or None."""
  task = subject.family.task
  try:
    if 'expert' in task.trained:
      return measure.load(workdir)
    if where := subject.family.pretrained.get('expert'):
      return measure.load(where)
  except checkpoint.CheckpointError:
    pass  # None yet, or one that does not say what it was trained by.
  return None


def load(
  workdir: str | pathlib.Path, config: Any, split: str | None = None
) -> examination.Subject:
  """A run with its best checkpoint (the newest if none is known), or without.

  Args:
    workdir: its folder.
    config: what it was trained with.
    split: of its data; by default the one it trains on.

  Raises:
    OSError: its data is not there.
    ValueError: it does not fit, see `family.build`.
  """
  built = family.build(config)
  split = split or config.data.train_split
  state = _networks(workdir, built.task.trained)
  return examination.Subject(
    name=str(workdir),
    family=built,
    source=built.footage.source(split),
    split=split,
    rows=metric_writer.read(pathlib.Path(workdir) / 'metrics.jsonl'),
    **state,
  )


def _networks(workdir: Any, names: tuple[str, ...]) -> dict[str, Any]:
  """'params', 'model_state' and 'step'; {} before the first checkpoint."""
  params, model_state, step = {}, {}, 0
  try:
    for name in names:
      variables, description = checkpoint.load_network(workdir, name)
      params[name] = variables.pop('params')
      if variables:
        model_state[name] = variables
      step = description['step']
  except checkpoint.CheckpointError:
    return {}
  return {'params': params, 'model_state': model_state, 'step': step}
