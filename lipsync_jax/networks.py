"""Networks by description: how a config, or a checkpoint, names one."""

import dataclasses
import functools
import hashlib
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from input_pipeline import alignment
from lipsync_jax import checkpoint, modules
from lipsync_jax.models import folding

Spec = dict[str, Any]  # {'module': 'wav2lip.Generator', **fields}
# What a network that takes any picture is shown; README's figure for S3FD.
ANY_PICTURE = (360, 640, 3)
_WINDOWS = 71  # of 75 frames
EMBEDDING = 512  # dimensions of the Wav2Lip expert's


def make(spec: Spec) -> nn.Module:
  """The network of a spec, e.g. {'module': 'wav2lip.Generator', 'width': 4}.

  Modules are those of lipsync_jax/models, or any that Python finds.

  Raises:
    ValueError: there is no such module or network.
  """
  fields = dict(spec)
  network = _class(fields.pop('module'))
  dtype = fields.get('dtype', 'float32')
  if dtype not in ('float32', 'bfloat16', 'float64'):
    raise ValueError(f"dtype {dtype!r} is neither 'float32' nor 'bfloat16'.")
  fields['dtype'] = jnp.dtype(dtype)
  return network(**fields)


def complete(spec: Spec, shared: dict[str, Any]) -> Spec:
  """The spec, with those of the run's shared values that the network takes."""
  taken = {field.name for field in dataclasses.fields(_class(spec['module']))}
  return spec | {k: v for k, v in shared.items() if k in taken}


def load(
  workdir: str, name: str
) -> tuple[nn.Module, dict[str, Any], dict[str, Any]]:
  """A trained network of a run, ready to apply.

  Returns:
    The network, its variables, the checkpoint's description.

  Raises:
    checkpoint.CheckpointError: there is none.
  """
  variables, description = checkpoint.load_network(workdir, name)
  return make(description['networks'][name]), variables, description


def fingerprint(variables: Any, about: str = '') -> str:
  """Names the values of a network's variables, and what is said about them."""
  digest = hashlib.sha256(about.encode())
  for leaf in jax.tree.leaves(jax.device_get(variables)):
    digest.update(np.ascontiguousarray(leaf).tobytes())
  return digest.hexdigest()[:16]


def example(
  network: nn.Module, *, embedding: int = EMBEDDING
) -> tuple[list[jax.ShapeDtypeStruct], dict[str, Any]]:
  """Shapes of a network's inputs for one example, and how it is called.

  Args:
    network: from `make`.
    embedding: dimensions of what a lip reader reads.
  """

  def array(*shape):
    return jax.ShapeDtypeStruct((1, *shape), jnp.float32)

  if hasattr(network, 'num_classes'):  # reads embeddings of a 3 s clip
    length = jax.ShapeDtypeStruct((1,), jnp.int32)
    return [array(_WINDOWS, embedding), length], {'train': False}
  size = getattr(network, 'image_size', None)
  if size is None:
    return [array(*ANY_PICTURE)] * getattr(network, 'pictures', 1), {}
  if not hasattr(network, 'sound'):  # judges mouths
    return [array(size // 2, size, 3)], {}
  bands, rows, _ = alignment.SOUNDS[network.sound]
  sound, picture = array(bands, rows, 1), array(size, size, 3)
  if hasattr(network, 'draw'):
    stills = array(network.stills, size, size, 3)
    return [sound, picture, stills], {'train': False, 'method': 'draw'}
  if hasattr(network, 'embed_face'):
    frames = array(alignment.WINDOW_FRAMES, size, size, 3)
    return [sound, frames], {'train': False}
  return [picture, sound], {}  # judges a picture and its sound (LipGAN)


def variable_shapes(
  network: nn.Module, *, embedding: int = EMBEDDING
) -> dict[str, Any]:
  """Shapes of a network's variables, see `example`; nothing is computed."""
  inputs, options = example(network, embedding=embedding)
  init = functools.partial(network.init, **options)
  return jax.eval_shape(init, jax.random.key(0), *inputs)


def folded(network: nn.Module, variables: dict[str, Any]) -> dict[str, Any]:
  """Variables for `train=False` without BatchNorm, see `models.folding`."""
  inputs, options = example(network)
  apply = functools.partial(network.apply, **options)
  return folding.fold(variables, apply, inputs)


def _class(where: str) -> type[nn.Module]:
  module, _, name = where.rpartition('.')
  network = getattr(modules.find('lipsync_jax.models', module), name, None)
  # A checkpoint names its networks: nothing else may be called in this way.
  if not (isinstance(network, type) and issubclass(network, nn.Module)):
    raise ValueError(f'{where!r} is no network; write module.Class.')
  return network
