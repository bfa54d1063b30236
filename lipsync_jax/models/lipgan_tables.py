"""LipGAN's layers as tables of numbers, and the sounds it takes.

As in the authors' Keras code, of which there are two branches: 'mel27' is
fully_pythonic (27 log-mel rows, 0.34 s), 'mfcc35_lipgan' is master, of the
paper (35 rows of 12 MFCC, 0.35 s).
"""

from typing import NamedTuple

from jaxtyping import Array, Float

from lipsync_jax.models import encoders, layers

# Of one example, by the name of the sound features.
SOUND_SHAPES = {
  'mel27': (80, 27, 1),
  'mfcc35': (12, 35, 1),  # Speech2Vid's
  'mfcc35_lipgan': (12, 35, 1),
}


class Row(NamedTuple):
  """A convolution block and the residual blocks after it."""

  features: int
  kernel_size: layers.Pair = 3
  stride: layers.Pair = 1
  repeats: int = 0
  valid: bool = False
  top: int = 0  # rows of zeros put above the map before


def audio_rows(sound: str, width: int) -> list[Row]:
  """The generator's audio tower; sizes are those of the resulting maps."""
  w = width
  if sound == 'mel27':
    rows = [
      Row(w, repeats=2),  # 80 x 27
      Row(2 * w, stride=3, repeats=2),  # 27 x 9
      Row(4 * w, stride=(3, 1), repeats=2),  # 9 x 9
      Row(8 * w, stride=3, repeats=2),  # 3 x 3
      Row(16 * w, valid=True),  # 1 x 1
    ]
  else:
    rows = [
      Row(4 * w, repeats=3),  # 12 x 35
      Row(8 * w, stride=(1, 2), repeats=2, top=1),  # 13 x 18
      Row(16 * w, stride=2, repeats=2),  # 7 x 9
      Row(16 * w, stride=2, repeats=1),  # 4 x 5
      Row(16 * w, (4, 5), valid=True),  # 1 x 1
    ]
  return [*rows, Row(16 * w, 1)]


def face_rows(width: int, image_size: int) -> list[Row]:
  """The generator's face tower, 96 -> 48 -> 24 -> 12 -> 6 -> 3 -> 1 -> 1."""
  strides, bottleneck = encoders.pyramid(image_size)
  repeats = ([2, 3] + [2] * len(strides))[: len(strides) - 1] + [0]
  rows = [Row(width, 7)]
  for i, stride in enumerate(strides):
    features = width * min(2 ** (i + 1), 16)
    rows.append(Row(features, 5 if i == 0 else 3, stride, repeats[i]))
  deepest = 16 * width
  return [*rows, Row(deepest, bottleneck, valid=True), Row(deepest, 1)]


def judge_face_rows(width: int, image_size: int) -> list[Row]:
  """The discriminator's face tower, 96 -> 48 -> 24 -> 12 -> 6 -> 3 -> 1."""
  strides, bottleneck = encoders.pyramid(image_size)
  kernels = ([7, 5] + [3] * len(strides))[: len(strides)]
  rows = [
    Row(width * min(2 ** (i + 1), 16), kernel, stride)
    for i, (kernel, stride) in enumerate(zip(kernels, strides, strict=True))
  ]
  return [*rows, Row(16 * width, bottleneck, valid=True)]


def judge_audio_rows(sound: str, width: int) -> list[Row]:
  """The discriminator's audio tower."""
  w = width
  if sound == 'mel27':
    return [row._replace(repeats=0) for row in audio_rows(sound, w)]
  return [
    Row(2 * w),  # 12 x 35
    Row(4 * w),
    Row(8 * w, stride=(1, 2), top=1),  # 13 x 18
    Row(8 * w),
    Row(8 * w, stride=2),  # 7 x 9
    Row(16 * w, stride=2),  # 4 x 5
    Row(16 * w, (4, 5), valid=True),  # 1 x 1
  ]


def check_sound(sound: Float[Array, 'n f t 1'], name: str) -> None:
  """Raises ValueError where features are unknown or not those named."""
  if name not in SOUND_SHAPES:
    raise ValueError(f'sound is {name!r}; known are {sorted(SOUND_SHAPES)}.')
  if sound.shape[1:] != SOUND_SHAPES[name]:
    raise ValueError(
      f'{name} features are {SOUND_SHAPES[name]}, got {sound.shape[1:]}.'
    )
