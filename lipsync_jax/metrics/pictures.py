"""Pictures against the true ones: error, SSIM, sharpness, flicker.

Pictures are [t, h, w, 3] RGB, uint8 or floats of 0..1; numpy or JAX, also
within a jitted function. Nothing wraps: differences are taken of float32. The
results are per frame, so that whoever pads leaves those frames out.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

Pictures = Num[Array | np.ndarray, 't h w 3']
PerFrame = Float[Array, ' t']

# What an endless PSNR counts as where a mean is taken: libvmaf's bound for 8
# bits, 6 * 8 + 12 (integer_psnr.c). Pictures have it of which every 15th value
# is wrong by one level: what lies above it is no difference to see.
PSNR_CAP = 60.0  # dB

# Wang et al. (2004), "Image Quality Assessment: From Error Visibility to
# Structural Similarity": 11 x 11 Gaussian windows, and the two constants.
_SIGMA = 1.5
_TAPS = 11
_K1, _K2 = 0.01, 0.03

_GREY = (0.299, 0.587, 0.114)  # ITU-R BT.601


def mouth(pictures: Pictures) -> Num[Array | np.ndarray, 't r w 3']:
  """The lower half of face squares, which is what generators draw."""
  return pictures[:, pictures.shape[1] // 2 :]


@jax.jit
def l1(made: Pictures, truth: Pictures) -> PerFrame:
  """Mean absolute difference, 0..1."""
  difference, span = _difference(made, truth)
  return _mean(abs(difference)) / span


@jax.jit
def psnr(
  made: Pictures, truth: Pictures, *, cap: float | Float[Array, ''] = jnp.inf
) -> PerFrame:
  """Peak signal-to-noise ratio in dB, over all pixels and colours of a frame.

  It is scikit-image's `peak_signal_noise_ratio`.

  Args:
    made: pictures.
    truth: the true ones.
    cap: no frame counts for more. By default equal pictures have inf, as they
      have in scikit-image; `PSNR_CAP` where a mean over frames is taken.
  """
  difference, span = _difference(made, truth)
  return jnp.minimum(-10 * jnp.log10(_mean(difference**2) / span**2), cap)


@jax.jit
def ssim(made: Pictures, truth: Pictures) -> PerFrame:
  """Structural similarity, mean over pixels and colours; 1 for equal pictures.

  It is scikit-image's `structural_similarity` with gaussian_weights=True,
  sigma=1.5, use_sample_covariance=False, channel_axis=-1 and the data range of
  the pictures' kind (255, or 1 for floats): what the paper of 2004 and its
  MATLAB code compute, of colours one by one. nan where no window of 11 x 11
  pixels fits.
  """
  (x, span), (y, _) = _floats(made), _floats(truth)
  if min(x.shape[1:3]) < _TAPS:
    return jnp.full(len(x), jnp.nan)
  zero = jnp.zeros_like(x)
  moments = (x, y, zero, zero, zero)
  for axis in (1, 2):
    moments = _along(moments, axis)
  mean_x, mean_y, var_x, var_y, covariance = moments
  c1, c2 = (_K1 * span) ** 2, (_K2 * span) ** 2
  means = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
  return _mean(means * (2 * covariance + c2) / (var_x + var_y + c2))


@jax.jit
def sharpness(pictures: Pictures) -> PerFrame:
  """Variance of the Laplacian of grey levels 0..255; 0 for a flat picture.

  Pech-Pacheco et al. (2000), "Diatom autofocusing in brightfield microscopy: a
  comparative study", with the kernel of 5 points, where it fits. Numbers
  compare for the same scene only, so give it as a share of the truth's:
  `share`.
  """
  x = _grey(pictures)
  around = x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:]
  return jnp.var(around - 4 * x[:, 1:-1, 1:-1], axis=(1, 2))


@jax.jit
def flicker(pictures: Pictures) -> Float[Array, ' u']:
  """Mean absolute second difference in time of grey levels 0..255, [t - 2].

  |x[k - 1] - 2 x[k] + x[k + 1]|: a still picture and one that grows brighter
  evenly have none; one that jumps to and fro by a level has 2. A mouth that
  talks has some of its own, so what counts is how much more than the truth's
  it is: made.mean() - truth.mean(), 0 for the truth, below 0 for one that is
  too slow. The field has no agreed measure; those with optical flow (Lai et
  al., 2018) follow what moves, but know mouths no better than their flow does.
  """
  x = _grey(pictures)
  return _mean(abs(x[:-2] - 2 * x[1:-1] + x[2:]))


def share(made: ArrayLike, truth: ArrayLike) -> float:
  """Mean of a measure as a share of the truth's; nan if the truth has none."""
  whole = float(np.mean(truth))
  return float(np.mean(made)) / whole if whole else float('nan')


def _floats(pictures: Pictures) -> tuple[Float[Array, 't h w 3'], float]:
  """Float32 pictures and what they range to."""
  if jnp.issubdtype(pictures.dtype, jnp.floating):
    return jnp.asarray(pictures, jnp.float32), 1.0
  if pictures.dtype != np.uint8:
    raise ValueError(f'Pictures are uint8 or floats, not {pictures.dtype}.')
  return jnp.asarray(pictures, jnp.float32), 255.0


def _difference(made, truth):
  # Of levels, not of shares: those of 8 bits are exact in float32.
  (x, span), (y, other) = _floats(made), _floats(truth)
  if span != other:
    raise ValueError('One of the pictures is uint8, the other of floats.')
  return x - y, span


def _mean(x: Float[Array, 't ...']) -> PerFrame:
  """Over all but time; by rows first, so that float32 sums stay short."""
  x = x.mean(2)
  return x.mean(tuple(range(1, x.ndim)))


def _grey(pictures: Pictures) -> Float[Array, 't h w']:
  x, span = _floats(pictures)
  return x @ jnp.array(_GREY) * (255 / span)


def _along(moments: tuple[Array, ...], axis: int) -> tuple[Array, ...]:
  """Means, variances and covariance of windows, from those within them.

  The law of total variance, an axis at a time. E[x^2] - E[x]^2 would lose in
  float32 what bright and even pictures are told apart by.
  """
  weights = np.exp(-0.5 * ((np.arange(_TAPS) - _TAPS // 2) / _SIGMA) ** 2)
  weights = (weights / weights.sum()).astype(np.float32)
  count = moments[0].shape[axis] - _TAPS + 1

  def blur(of: Callable[..., Array]) -> Array:
    return sum(
      w
      * of(*(jax.lax.slice_in_dim(m, k, k + count, axis=axis) for m in moments))
      for k, w in enumerate(weights)
    )

  x, y = blur(lambda x, y, *_: x), blur(lambda x, y, *_: y)
  return (
    x,
    y,
    blur(lambda a, b, var, *_: var + (a - x) ** 2),
    blur(lambda a, b, _, var, *__: var + (b - y) ** 2),
    blur(lambda a, b, _, __, cov: cov + (a - x) * (b - y)),
  )
