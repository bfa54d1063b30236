"""BatchNorm that can have been put into the layer before it."""

from typing import Any

import flax.linen as nn
from jaxtyping import Array, Float

FOLDED = 'folded'  # the only thing that a folded BatchNorm holds


class BatchNorm(nn.BatchNorm):
  """Flax's; with the variables of `folding.fold` it does nothing."""

  # Flax calls it a string; several axes are a tuple of them.
  axis_name: Any = None

  @nn.compact
  def __call__(
    self, x: Float[Array, 'n *d c'], **options: Any
  ) -> Float[Array, 'n *d c']:
    if not self.has_variable('params', FOLDED):
      return super().__call__(x, **options)
    if not self.use_running_average:
      raise ValueError('A network whose BatchNorm is folded cannot train.')
    return x
