"""A network of a run as the original's PyTorch weights."""

from typing import Any

from lipsync_jax import (
  checkpoint,
  published,
  taught,
  torch_weights,
  weight_files,
)


def to_torch(
  workdir: str, name: str | None = None
) -> tuple[published.Published, weight_files.StateDict, dict[str, Any]]:
  """A network of a run as the original's state_dict.

  Args:
    workdir: of a run, trained or converted; its best step is read.
    name: of the network; not needed if the run has one.

  Returns:
    What the network is; its state_dict (the averaged parameters where the run
    kept them); the checkpoint's description.

  Raises:
    ValueError: no such network, or one that was never published for PyTorch.
  """
  description = checkpoint.describe(workdir)
  names = sorted(description['networks'])
  if name is None and len(names) == 1:
    name = names[0]
  if name not in names:
    said = f'not {name!r}' if name else 'so say which'
    raise ValueError(f'{workdir} holds {", ".join(names)}, {said}.')
  kind = published.kind_of(description['networks'][name])
  variables, description = checkpoint.load_network(workdir, name)
  if name == 'expert':
    description = taught.explained(workdir, description)
  state_dict = torch_weights.export(
    kind, variables, num_batches=description['step']
  )
  return published.NETWORKS[kind], state_dict, description
