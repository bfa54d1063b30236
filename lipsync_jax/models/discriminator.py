"""The visual-quality discriminator of Wav2Lip+GAN: real mouth or made one?"""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import encoders, layers

Row = encoders.Row


class Discriminator(nn.Module):
  """Judges the lower half of single pictures; no normalisation of any kind.

  14,113,793 parameters at width 32 and 96 pixels.

  Attributes:
    width: channels of the first layer; scales every channel count.
    image_size: side of the pictures whose lower halves are given.
    dtype: what it computes in; parameters and logits stay float32.
  """

  width: int = 32
  image_size: int = 96
  dtype: Any = jnp.float32

  def stages(self) -> list[list[Row]]:
    strides, bottleneck = encoders.pyramid(self.image_size)
    stages = [[Row(self.width, 7, padding=3)]]
    for i, stride in enumerate(strides):
      features = self.width * min(2 ** (i + 1), 16)
      kernel = 5 if i < 3 else 3
      same = Row(features, kernel, padding=kernel // 2)
      first = encoders.down(features, stride)
      if i < 3:  # The first stride squares the half picture.
        first = same._replace(stride=(1, 2) if i == 0 else stride)
      stages.append([first, same])
    deepest = 16 * self.width
    stages.append(
      [Row(deepest, bottleneck, padding=0), Row(deepest, 1, padding=0)]
    )
    return stages

  @nn.compact
  def __call__(self, mouth: Float[Array, 'n h w 3']) -> Float[Array, 'n 1']:
    """Logits, float32, positive for 'real'; `mouth` is RGB, 0..1."""
    x = mouth
    for i, stage in enumerate(self.stages()):
      for j, row in enumerate(stage):
        conv = layers.Conv(
          *row[:4], dtype=self.dtype, name=f'stage_{i}_block_{j}'
        )
        x = nn.leaky_relu(conv(x), 0.01)
    logits = layers.Conv(
      1,
      1,
      padding=0,
      dtype=self.dtype,
      result_dtype=layers.at_least_float32(self.dtype),
      name='output_conv',
    )(x)
    return logits[:, 0, 0]
