"""The lip-sync expert of LSTM-CBAM (Hong & Zhang, 2023).

Wav2Lip's expert with an LSTM that listens first and with CBAM in every block:
convolution, CBAM, BatchNorm, (+ the input), ReLU. The paper gives no sizes;
what it leaves open is decided here and said where it is.
"""

import functools
from typing import Any, ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lipsync_jax.models import cbam, encoders, expert, layers


class ResidualLSTM(nn.Module):
  """x + LSTM(x) over the map's columns, which are time.

  The sum is not the paper's: with it, training starts from Wav2Lip's expert
  with little added. The LSTM has one layer and is as wide as its input; of two
  directions each is half as wide.

  PyTorch's LSTM has two bias vectors, which are always added, and Flax's one:
  four times the width fewer parameters (320 of 51,840 at 80), and the same
  functions. The one starts as the sum of two would.

  Attributes:
    whole_columns: a column is one vector of all rows and channels (what comes
      in must have one channel); else every row is a sequence of its own, and
      all share the weights.
    bidirectional: a second LSTM listens backwards.
    dtype: what it computes in; its state is float32.
  """

  whole_columns: bool
  bidirectional: bool = False
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Float[Array, 'n h w c']) -> Float[Array, 'n h w c']:
    x = x.astype(self.dtype)
    sequence = x.swapaxes(1, 3) if self.whole_columns else x
    hidden = sequence.shape[-1] // (2 if self.bidirectional else 1)

    def lstm(name):
      init = layers.torch_uniform(hidden)
      cell = nn.OptimizedLSTMCell(
        hidden,
        kernel_init=init,
        recurrent_kernel_init=init,
        bias_init=_two_biases(hidden),
        dtype=self.dtype,
        name=name,
      )
      return nn.RNN(cell)

    if self.bidirectional:
      heard = nn.Bidirectional(lstm('forward'), lstm('backward'))(sequence)
    else:
      heard = lstm('forward')(sequence)
    heard = heard.swapaxes(1, 3) if self.whole_columns else heard
    return x + heard.astype(self.dtype)


class Expert(expert.Expert):
  """Embeds a window of sound and the mouths seen during it.

  16,826,388 parameters at width 32 and 96 pixels: 16,435,072 of Wav2Lip's
  expert, which it is without LSTM and CBAM, 237,602 of CBAM in the face tower,
  102,194 in the sound tower, 51,520 of the LSTM. Inputs, outputs and the other
  attributes are those of `expert.Expert`.

  Attributes:
    use_lstm, use_cbam: off for the paper's ablations.
    lstm_position: 'first': before all blocks, on the mel; 'post': after the
      residual blocks, on 3 x 3 maps, each row of which is a sequence.
    bidirectional: the LSTM listens in both directions.
    reduction: how much narrower the hidden layer of CBAM's channel gate is.
    momentum: of CBAM's running statistics; 0.9 for runs of few hundred steps.
  """

  sound: ClassVar[str] = 'mel'
  least_cosine: ClassVar[float] = 0.0

  use_lstm: bool = True
  use_cbam: bool = True
  lstm_position: str = 'first'
  bidirectional: bool = False
  reduction: int = 16
  momentum: float = 0.99

  def setup(self):
    if self.lstm_position not in ('first', 'post'):
      raise ValueError(
        f"lstm_position is 'first' or 'post', not {self.lstm_position!r}."
      )
    first = self.lstm_position == 'first'
    attention = functools.partial(
      cbam.CBAM, self.reduction, self.dtype, self.momentum
    )
    memory = functools.partial(
      ResidualLSTM, first, self.bidirectional, self.dtype
    )
    attention = attention if self.use_cbam else None
    self.audio_encoder = encoders.AudioEncoder(
      self.width,
      (2, 2, 2, 2),
      self.embedding,
      self.dtype,
      attention,
      memory if self.use_lstm else None,
      0 if first else -2,  # the last two blocks make one vector of the map
    )
    self.face_encoder = encoders.FaceEncoder(
      self.face_stages(), self.dtype, attention
    )


def _two_biases(hidden: int) -> nn.initializers.Initializer:
  def init(rng, shape, dtype=jnp.float32):
    draw = layers.torch_uniform(hidden)
    return sum(draw(key, shape, dtype) for key in jax.random.split(rng))

  return init
