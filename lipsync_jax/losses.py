"""Losses of the family: arrays in, one float32 scalar out.

`audio` and `face` are embeddings [n, d] of windows; row k of the one belongs
with row k of the other unless a label says otherwise.
"""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float

# Keeps the logarithm of a cosine finite. Rounding takes the cosine of two
# equal unit vectors above one as well.
_EPSILON = 1e-7
# CLIP's ceiling of the learned scale (Radford et al., 2021).
_MAX_SCALE = 100.0

Scalar = Float[Array, '']


def l1(
  predicted: Float[Array, '*shape'], target: Float[Array, '*shape']
) -> Scalar:
  """Mean absolute difference over everything."""
  return jnp.abs(predicted - target).mean()


def unit(x: Float[Array, '*n d']) -> Float[Array, '*n d']:
  """Rows of length one; a zero row stays zero and has a finite gradient."""
  squares = jnp.sum(x**2, -1, keepdims=True)
  # 1e-12 under the root's square: torch.nn.functional.normalize.
  return x * jax.lax.rsqrt(jnp.maximum(squares, 1e-24))


def distances(
  audio: Float[Array, '... d'], face: Float[Array, '... d']
) -> Float[Array, '...']:
  """Euclidean distance of embeddings of any length; shapes broadcast."""
  squared = jnp.sum((audio - face) ** 2, -1)
  # The floor keeps the gradient of the root finite where a pair coincides.
  return jnp.sqrt(jnp.maximum(squared, 1e-12))


def cosines(
  audio: Float[Array, 'n d'], face: Float[Array, 'n d']
) -> Float[Array, 'n']:
  """Cosine of each pair of unit vectors."""
  return jnp.sum(audio * face, -1)


def similarities(
  audio: Float[Array, 'n d'], face: Float[Array, 'n d']
) -> Float[Array, 'n n']:
  """Cosines of all pairs, faces in rows and sounds in columns."""
  # Three digits, as TPUs multiply by default, are few under a large scale.
  return jax.lax.dot_general(
    face, audio, (((1,), (1,)), ((), ())), precision='highest'
  )


def cosine_bce(
  cosine: Float[Array, 'n'], label: Float[Array, 'n'] | float
) -> Scalar:
  """Cross-entropy of the cosine read as the probability of being in sync.

  Wav2Lip's loss (2020) for both its expert and its generator. Cosines are
  clamped to 1e-7..1 - 1e-7; that of a pair at chance is ln 2 = 0.693.
  """
  p = jnp.clip(cosine, _EPSILON, 1 - _EPSILON)
  label = jnp.asarray(label)
  return -(label * jnp.log(p) + (1 - label) * jnp.log1p(-p)).mean()


def contrastive(
  audio: Float[Array, 'n d'],
  face: Float[Array, 'n d'],
  label: Float[Array, 'n'],
  *,
  margin: float,
) -> Scalar:
  """SyncNet's loss (Chung & Zisserman, 2016).

  Pairs in sync (label 1) are pulled together, others pushed `margin` apart.
  20 suits the published 1024-d embeddings of any length; unit vectors are at
  most 2 apart and take 1 or less.
  """
  return contrastive_of_distances(distances(audio, face), label, margin=margin)


def contrastive_of_distances(
  distance: Float[Array, '*n'],
  label: Float[Array, '*n'] | float,
  *,
  margin: float,
) -> Scalar:
  """`contrastive`, where the distances are known."""
  apart = jnp.maximum(margin - distance, 0) ** 2
  return (label * distance**2 + (1 - label) * apart).mean() / 2


def matching_logits(
  audio: Float[Array, 'n d'],
  face: Float[Array, 'n d'],
  *,
  log_scale: Float[Array, ''],
  exclude: Bool[Array, 'n n'] | None = None,
) -> Float[Array, 'n n']:
  """Scaled `similarities`.

  Excluded pairs get minus infinity and so cannot be chosen; the diagonal, the
  true pairs, is never excluded.
  """
  scale = jnp.minimum(jnp.exp(log_scale), _MAX_SCALE)
  logits = scale * similarities(audio, face)
  if exclude is None:
    return logits
  exclude = exclude & ~jnp.eye(len(audio), dtype=bool)
  return jnp.where(exclude, -jnp.inf, logits)


def multiway_matching(logits: Float[Array, 'n n']) -> Scalar:
  """Cross-entropy of choosing each face's sound and each sound's face.

  Symmetric InfoNCE over `matching_logits`; multi-way matching after Chung et
  al. (2019, Perfect Match). ln(n) at chance.
  """
  truth = jnp.arange(len(logits))
  choose = optax.softmax_cross_entropy_with_integer_labels
  of_face, of_audio = (choose(logits, truth, axis=axis) for axis in (1, 0))
  return (of_face.mean() + of_audio.mean()) / 2


def gan_generator(fake: Float[Array, 'n 1']) -> Scalar:
  """-log D(fake) from logits: the non-saturating form Wav2Lip's code uses."""
  return optax.sigmoid_binary_cross_entropy(fake, jnp.ones_like(fake)).mean()


def gan_discriminator(
  *, real: Float[Array, 'n 1'], fake: Float[Array, 'n 1']
) -> tuple[Scalar, Scalar]:
  """Cross-entropies of logits for real and for made pictures.

  Wav2Lip's discriminator descends their sum, not their mean.
  """
  cross_entropy = optax.sigmoid_binary_cross_entropy
  return (
    cross_entropy(real, jnp.ones_like(real)).mean(),
    cross_entropy(fake, jnp.zeros_like(fake)).mean(),
  )
