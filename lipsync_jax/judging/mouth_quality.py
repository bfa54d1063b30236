"""How near made mouths are to the true ones; the mouth is the lower half."""

import dm_pix
import jax.numpy as jnp
from jaxtyping import Array, Float


def of_frames(
  made: Float[Array, 'n h w 3'], truth: Float[Array, 'n h w 3']
) -> dict[str, Float[Array, ' n']]:
  """Differences of the lower halves of pictures 0..1, RGB, by frame.

  Returns:
    'mouth_l1', 0..1; 'psnr' in dB, at most 60; 'ssim' (Gaussian of sigma 1.5
    over 11 pixels); 'detail' and 'detail_truth', the variance of the Laplacian
    of the brightness, of which `sharpness` is made.
  """
  made, truth = (x[:, x.shape[1] // 2 :] for x in (made, truth))
  # Equal pictures have no finite PSNR; the floor makes it 60 dB, which is an
  # error of a quarter of a grey level everywhere.
  error = jnp.maximum(jnp.mean((made - truth) ** 2, (1, 2, 3)), 1e-6)
  return {
    'mouth_l1': jnp.abs(made - truth).mean((1, 2, 3)),
    'psnr': -10 * jnp.log10(error),
    'ssim': dm_pix.ssim(made, truth),
    'detail': _detail(made),
    'detail_truth': _detail(truth),
  }


def _detail(x: Float[Array, 'n h w 3']) -> Float[Array, ' n']:
  grey = x.mean(-1)
  middle = grey[:, 1:-1, 1:-1]
  around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1]
  around += grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
  return jnp.var(around - 4 * middle, (1, 2))
