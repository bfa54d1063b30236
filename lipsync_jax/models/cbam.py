"""CBAM: attention over channels, then over places (Woo et al., 2018)."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import layers


class CBAM(nn.Module):
  """Convolutional block attention, as in the authors' code.

  Their code, not the paper, normalises the spatial attention by a BatchNorm.

  Attributes:
    reduction: how much narrower the channel gate's hidden layer is.
    dtype: what it computes in.
    momentum: of the BatchNorm's running statistics. PyTorch's is 0.01 here, a
      tenth of its default, so it takes hundreds of steps until they are of use.
  """

  reduction: int = 16
  dtype: Any = jnp.float32
  momentum: float = 0.99

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n h w c'], *, train: bool
  ) -> Float[Array, 'n h w c']:
    channels = x.shape[-1]
    hidden = max(channels // self.reduction, 1)
    squeeze = layers.dense(hidden, channels, self.dtype, 'squeeze')
    excite = layers.dense(channels, hidden, self.dtype, 'excite')

    def gate(pooled):
      return excite(nn.relu(squeeze(pooled)))

    x = x.astype(self.dtype)
    channel = gate(x.mean((1, 2))) + gate(x.max((1, 2)))
    x = x * nn.sigmoid(channel)[:, None, None]
    place = jnp.stack([x.max(-1), x.mean(-1)], -1)
    place = layers.Conv(
      1, 7, padding=3, use_bias=False, dtype=self.dtype, name='spatial_conv'
    )(place)
    place = layers.batch_norm(
      train=train,
      dtype=self.dtype,
      name='spatial_norm',
      momentum=self.momentum,
    )(place)
    return x * nn.sigmoid(place)
