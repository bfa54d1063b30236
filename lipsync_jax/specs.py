"""The networks that a config names, as specs."""

from typing import Any

from input_pipeline import labels as labels_lib
from lipsync_jax import checkpoint, networks
from lipsync_jax import pretrained as pretrained_lib


def from_config(
  config: Any, labels: labels_lib.Labels | None = None
) -> dict[str, networks.Spec]:
  """The networks a config names; of those another run trained, its fields.

  Raises:
    ValueError: a pretrained network is not there or does not fit.
  """
  shared = {'image_size': config.image_size, 'dtype': config.dtype}
  if labels:
    shared['num_classes'] = [len(words) for words in labels.vocabulary]
  found = {
    name: networks.complete(spec.to_dict(), shared)
    for name, spec in config.networks.items()
  }
  for name, workdir in pretrained(config).items():
    if name in found:
      found[name] = pretrained_lib.stored_spec(name, workdir, config, labels)
  return found


def pretrained(config: Any) -> dict[str, str]:
  """Network -> workdir of the run that trained it, where one is given.

  What taught a generator goes on teaching it: of an expert or a discriminator
  that is not given, the generator's run is asked.
  """
  found = {k: v for k, v in config.pretrained.items() if v}
  if run := found.get('generator'):
    held = checkpoint.describe(run)['networks']
    for name in ('expert', 'discriminator'):
      if name in config.networks and name in held:
        found.setdefault(name, run)
  return found
