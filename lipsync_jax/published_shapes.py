"""How wide a published network is, and for which pictures, by its shapes.

Every function takes shapes by PyTorch name and the picture size wanted (or
None), and gives the fields of the network's spec, and as 'also' the other
picture sizes whose networks have the very same shapes. They raise KeyError or
IndexError where a layer they look at is missing or misshapen, ValueError where
the picture size is not the one wanted.
"""

from collections.abc import Callable, Mapping
from typing import Any

from lipsync_jax.models import encoders
from lipsync_jax.models import inception as inception_network
from lipsync_jax.models import syncnet as syncnet_network

Shapes = Mapping[str, tuple[int, ...]]

# Sides in pixels, the likeliest first where shapes leave a choice: 288 has the
# shapes of 192, and SyncNet's last map is 6 x 6 from 211 to 242.
_SIZES = (24, 32, 48, 64, 96, 128, 192, 256, 288, 384)
_SYNCNET_SIZES = (224, 64, 96, 112, 128, 160, 192, 256)


def _size(
  sizes: tuple[int, ...],
  measure: Callable[[int], Any],
  measured: Any,
  wanted: int | None,
) -> dict[str, Any]:
  """'image_size', and 'also' for the others that fit."""
  fits = [size for size in sizes if measure(size) == measured]
  if wanted is not None:
    if measure(wanted) != measured:
      fits = ' or '.join(map(str, fits)) or 'another number of'
      raise ValueError(
        f'This network is for pictures of {fits} pixels, not {wanted}.'
      )
    return {'image_size': wanted}
  if not fits:
    raise ValueError(
      'Its number of stages belongs to no picture size we know; give '
      '--image-size.'
    )
  return {'image_size': fits[0], 'also': tuple(fits[1:])}


def _stages(size: int) -> tuple[int, int]:
  strides, bottleneck = encoders.pyramid(size)
  return len(strides), bottleneck


def unet(shapes: Shapes, image_size: int | None) -> dict[str, Any]:
  """Of the generator and the discriminator: stages are counted in the names."""
  first = 'face_encoder_blocks.{}.0.conv_block.0.weight'
  last = sum(first.format(i) in shapes for i in range(20)) - 1
  bottleneck = shapes[first.format(last)][2]
  size = _size(_SIZES, _stages, (last - 1, bottleneck), image_size)
  return {'width': shapes[first.format(0)][0], **size}


def expert(shapes: Shapes, image_size: int | None) -> dict[str, Any]:
  """A first layer, on average three a stage, and two (`Expert.face_stages`)."""
  key = 'face_encoder.{}.conv_block.0.weight'
  count = sum(key.format(i) in shapes for i in range(60))
  measured = (count - 2) // 3, shapes[key.format(count - 2)][2]
  size = _size(_SIZES, _stages, measured, image_size)
  embedding = shapes[key.format(count - 1)][0]
  return {'width': shapes[key.format(0)][0], 'embedding': embedding, **size}


def syncnet(shapes: Shapes, image_size: int | None) -> dict[str, Any]:
  def last_map(size):
    for (_, *block), pool in syncnet_network.FACE_TABLE:
      for window, stride, padding in filter(None, (block, pool)):
        size = (size + 2 * padding - window) // stride + 1
    return size

  measured = shapes['netcnnlip.18.weight'][-1]
  size = _size(_SYNCNET_SIZES, last_map, measured, image_size)
  return {
    'width': shapes['netcnnaud.0.weight'][0],
    'embedding': shapes['netfcaud.3.weight'][0],
    **size,
  }


def s3fd(shapes: Shapes, image_size: int | None) -> dict[str, Any]:
  if image_size:
    raise ValueError('S3FD takes pictures of any size: leave the size out.')
  return {'width': shapes['conv1_1.weight'][0]}


def inception(shapes: Shapes, image_size: int | None) -> dict[str, Any]:
  if image_size:
    raise ValueError('Inception takes pictures of any size: leave it out.')
  classes = shapes['fc.weight'][0]
  if classes != inception_network.CLASSES:
    raise ValueError(
      f'This is an Inception-v3 of {classes} classes; that of the FID has '
      f'{inception_network.CLASSES} (pytorch-fid: '
      'pt_inception-2015-12-05-6726825d.pth). FIDs of others do not compare.'
    )
  return {'width': shapes['Conv2d_1a_3x3.conv.weight'][0]}


def lpips(shapes: Shapes, image_size: int | None) -> dict[str, Any]:
  if image_size:
    raise ValueError('LPIPS takes pictures of any size: leave the size out.')
  first = 'net.slice1.0.weight'
  if first not in shapes:
    raise ValueError(
      'These are the linear layers of LPIPS; give its AlexNet as well, '
      "torchvision's alexnet-owt-7be5be79.pth: --input ALEXNET LINEAR."
    )
  if shapes[first][2:] != (11, 11):
    raise ValueError('This is LPIPS on another network; give that on AlexNet.')
  return {'width': shapes[first][0]}
