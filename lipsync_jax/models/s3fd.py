"""S3FD, the face detector behind the published lip-sync data sets.

Zhang et al. (2017), "S3FD: Single Shot Scale-invariant Face Detector",
arXiv:1708.05237, in the form of the PyTorch weights that Wav2Lip's code reads
(face_detection/detection/sfd/net_s3fd.py).
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import layers

# Subtracted from R, G and B in this order. The numbers are the means of B, G
# and R: the published detector is fed RGB all the same, so that is what its
# weights mean, and no kernel is to be turned when they are imported.
MEAN = (104.0, 117.0, 123.0)

MIN_SIDE = 16  # pixels; four poolings leave nothing of less

# Channels in units of the width, and how many convolutions: VGG-16.
_STAGES = ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3))
# Maps of these are brought to a length before they are judged.
_L2_SCALES = {'conv3_3': 10.0, 'conv4_3': 8.0, 'conv5_3': 5.0}

# Of the first head's cells; each next one's are twice as far apart.
_FIRST_STRIDE = 4
_ANCHOR = 4  # side of a cell's anchor, in strides
_VARIANCES = (0.1, 0.2)  # units of the offsets of centre and of size


class Head(NamedTuple):
  """What one scale says of each of its cells.

  Attributes:
    logits: [n, p, q, 2] of no face and of a face.
    offsets: [n, p, q, 4] of the cell's anchor: x and y of the centre in tenths
      of its side, then log width and log height in fifths.
  """

  logits: Float[Array, 'n p q 2']
  offsets: Float[Array, 'n p q 4']


class S3FD(nn.Module):
  """Looks for faces of 16 to 512 pixels at six scales.

  22,459,110 parameters at width 64. Layers have the names of the published
  weights.

  Attributes:
    width: channels of the first layer; scales every channel count.
    dtype: what it computes in; parameters and heads stay float32.
  """

  width: int = 64
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, images: Float[Array, 'n h w 3']) -> tuple[Head, ...]:
    """Six heads, of strides 4, 8, ..., 128, for RGB pictures of 0..255.

    Sides need not be multiples of anything, but at least 16 pixels.

    Raises:
      ValueError: the pictures are smaller.
    """
    if min(images.shape[1:3]) < MIN_SIDE:
      raise ValueError(
        f'Pictures of {images.shape[2]} x {images.shape[1]} pixels are too '
        f'small for S3FD: at least {MIN_SIDE} x {MIN_SIDE}.'
      )
    seen = {}

    def layer(x, name, multiple, kernel=3, stride=1, padding=1):
      conv = layers.Conv(
        multiple * self.width,
        kernel,
        stride,
        padding,
        dtype=self.dtype,
        name=name,
      )
      seen[name] = nn.relu(conv(x))
      return seen[name]

    x = images - jnp.array(MEAN, images.dtype)
    for i, (multiple, repeats) in enumerate(_STAGES, 1):
      for j in range(1, repeats + 1):
        x = layer(x, f'conv{i}_{j}', multiple)
      x = nn.max_pool(x, (2, 2), (2, 2))  # drops odd rows, as PyTorch's
    # Padding 3 is the published network's: maps grow by four, and the cells of
    # the last three heads lie up to two strides beside what they see.
    x = layer(x, 'fc6', 16, padding=3)
    x = layer(x, 'fc7', 16, kernel=1, padding=0)
    x = layer(x, 'conv6_1', 4, kernel=1, padding=0)
    x = layer(x, 'conv6_2', 8, stride=2)
    x = layer(x, 'conv7_1', 2, kernel=1, padding=0)
    layer(x, 'conv7_2', 4, stride=2)
    names = (*_L2_SCALES, 'fc7', 'conv6_2', 'conv7_2')
    return tuple(
      self._head(seen[name], name, i) for i, name in enumerate(names)
    )

  def _head(self, x: Float[Array, 'n p q c'], name: str, index: int) -> Head:
    dtype = layers.at_least_float32(self.dtype)
    if name in _L2_SCALES:
      scale = _L2_SCALES[name]
      name = f'{name}_norm'
      x = L2Norm(scale, dtype, name=name)(x)
    # The first scale knows three kinds of background: the likeliest counts
    # (section 3.3 of the paper, against false small faces).
    classes = 4 if index == 0 else 2
    conf, loc = (
      layers.Conv(
        features,
        dtype=self.dtype,
        result_dtype=dtype,
        name=f'{name}_mbox_{what}',
      )(x)
      for what, features in (('conf', classes), ('loc', 4))
    )
    background = conf[..., :-1].max(-1, keepdims=True)
    return Head(jnp.concatenate([background, conf[..., -1:]], -1), loc)


class L2Norm(nn.Module):
  """Vectors over channels brought to a length, learnt for each channel."""

  initial: float
  dtype: Any

  @nn.compact
  def __call__(self, x: Float[Array, 'n p q c']) -> Float[Array, 'n p q c']:
    init = nn.initializers.constant(self.initial)
    scale = self.param('scale', init, (x.shape[-1],))
    x = x.astype(self.dtype)
    length = jnp.sqrt(jnp.sum(x**2, -1, keepdims=True))
    return x / (length + 1e-10) * scale.astype(self.dtype)


def decode(
  heads: tuple[Head, ...],
) -> tuple[Float[Array, 'n a 4'], Float[Array, 'n a']]:
  """Boxes x0, y0, x1, y1 in pixels of all anchors, and 0..1 how sure it is."""
  boxes, scores = [], []
  for i, (logits, offsets) in enumerate(heads):
    n, rows, columns, _ = logits.shape
    stride = _FIRST_STRIDE * 2**i
    side = _ANCHOR * stride
    y, x = jnp.mgrid[:rows, :columns]
    centre = stride * (jnp.stack([x, y], -1) + 0.5)
    centre = centre + _VARIANCES[0] * side * offsets[..., :2]
    half = side / 2 * jnp.exp(_VARIANCES[1] * offsets[..., 2:])
    box = jnp.concatenate([centre - half, centre + half], -1)
    boxes.append(box.reshape(n, -1, 4))
    scores.append(jax.nn.softmax(logits)[..., 1].reshape(n, -1))
  return jnp.concatenate(boxes, 1), jnp.concatenate(scores, 1)
