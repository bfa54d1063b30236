"""Published PyTorch weights as a run of ours; `torch_export` is the way back.

What comes in is a run folder like one that was trained: `networks.load` reads
it and `--config.pretrained.NAME` takes it.
"""

import dataclasses
import math
import os
import pathlib
import tempfile
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from lipsync_jax import (
  checkpoint,
  networks,
  published,
  torch_forms,
  torch_weights,
  weight_files,
)

# The name of a metric that is never measured: there is one step, the best.
NO_METRIC = 'none'


@dataclasses.dataclass(frozen=True, eq=False)
class Converted:
  """A published network with its weights.

  Attributes:
    found: which it is.
    variables: {'params': ..., 'batch_stats': ...}, float32 numpy arrays.
    step: batches its BatchNorms have seen; 0 if it has none.
    about: what a file of ours says of itself, see `provenance.of_run`.
  """

  found: published.Found
  variables: dict[str, Any]
  step: int
  about: dict[str, Any] = dataclasses.field(default_factory=dict)

  @property
  def network(self) -> published.Published:
    return published.NETWORKS[self.found.kind]

  @property
  def num_parameters(self) -> int:
    leaves = jax.tree.leaves(self.variables['params'])
    return sum(math.prod(leaf.shape) for leaf in leaves)

  def description(
    self,
    *,
    source: str = '',
    licence: str = '',
    digests: Mapping[str, str] | None = None,
  ) -> dict:
    """What its checkpoint says of itself, as `family.Family.description`.

    Args:
      source: where the weights come from, e.g. a file's name.
      licence: theirs; by default what `about` says, or else what is known of
        the published ones'.
      digests: of the file, see `weight_files.digests`.
    """
    given = dict(self.about)
    data = {
      'description': f'{self.network.title}, converted from PyTorch.',
      'source': source,
      'licences': [self.network.licence],
    }
    data |= given.pop('data', {})
    if licence:
      data['licences'] = [licence]
    if digests:
      data['source_digests'] = dict(digests)
    return {
      'reference_alignment': False,
      **self.network.about,
      **given,
      'networks': {self.network.name: self.found.spec},
      'image_size': self.found.spec.get('image_size'),
      'data': data,
      'config': {},
    }


def from_torch(
  state_dict: weight_files.StateDict,
  *,
  image_size: int | None = None,
  about: dict[str, Any] | None = None,
) -> Converted:
  """Recognises a network and takes its weights over.

  Args:
    state_dict: arrays by PyTorch name, see `weight_files.read`, in any form
      that `torch_forms` knows.
    image_size: side of its pictures in pixels, where its shapes leave a choice.
    about: see `Converted`.

  Raises:
    ValueError: no known network, one for other pictures, keys are missing,
      unexpected or misshapen (all are listed), or numbers are not finite.
  """
  state_dict = torch_forms.usual(state_dict)
  broken = [k for k, v in state_dict.items() if not np.isfinite(v).all()]
  if broken:
    raise ValueError(
      f'Weights are NaN or infinite: {", ".join(sorted(broken)[:3])}.'
    )
  shapes = {key: value.shape for key, value in state_dict.items()}
  found = published.recognise(shapes, image_size=image_size)
  expected = networks.variable_shapes(networks.make(found.spec))
  counters = [
    int(value)
    for key, value in state_dict.items()
    if key.endswith('num_batches_tracked') and value.size == 1
  ]
  return Converted(
    found,
    torch_weights.convert(found.kind, state_dict, expected),
    # The steps of checkpoints have eight digits.
    min(max(counters, default=0), 10**8 - 1),
    about or {},
  )


def save(
  workdir: str | os.PathLike, converted: Converted, **about: Any
) -> None:
  """Writes a run folder, whose checkpoints appear when complete.

  Args:
    workdir: to write, with the folders above it; may exist without checkpoints.
    converted: from `from_torch`.
    about: see `Converted.description`.

  Raises:
    ValueError: see `check_free`.
  """
  check_free(workdir)
  workdir = pathlib.Path(workdir).absolute()
  name = converted.network.name
  state = dict(converted.variables)
  params = state.pop('params')
  workdir.parent.mkdir(parents=True, exist_ok=True)
  with tempfile.TemporaryDirectory(
    dir=workdir.parent, prefix=f'.{workdir.name}-'
  ) as folder:
    saver = checkpoint.Checkpointer(
      folder, converted.description(**about), best_metric=NO_METRIC
    )
    trained = {name: params}
    if 'log_scale' in converted.about:
      scale = np.float32(converted.about['log_scale'])
      trained['temperature'] = {'log_scale': scale}
    tree = {
      'params': trained,
      'model_state': {name: state} if state else {},
    }
    try:
      saver.save(converted.step, tree)
    finally:
      saver.close()
    workdir.mkdir(exist_ok=True)
    os.rename(*(pathlib.Path(f, 'checkpoints') for f in (folder, workdir)))


def check_free(workdir: str | os.PathLike) -> None:
  """Says early whether `save` can write there.

  Raises:
    ValueError: it is a file, or holds checkpoints.
  """
  workdir = pathlib.Path(workdir)
  if workdir.exists() and not workdir.is_dir():
    raise ValueError(f'{workdir} is a file; give a folder to write.')
  if (workdir / 'checkpoints').exists():
    raise ValueError(f'{workdir} holds a run already; give another folder.')
