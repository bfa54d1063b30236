"""What a TPU adds to arrays and products so that they fill its tiles.

Sources. Cloud TPU performance guide: arrays lie in tiles of 8 x 128, and the
compiler chooses between channels to 128 with the batch to 8, and the batch to
128 with channels to 8, whichever pads less. A tile is 4 kB, so of bfloat16 it
holds 16 x 128 (OpenXLA, "Tiled layout"). v5e multiplies by 128 x 128 units, v6e
by 256 x 256 (Cloud TPU, system architecture of v6e).

How the compiler lays out a given convolution is its own affair: these are the
rules, not a measurement.
"""

from collections.abc import Sequence
from typing import NamedTuple

from lipsync_jax.tpu import products

LANES = 128
_TILE_BYTES_PER_LANE = 32  # 8 numbers of 4 bytes, 16 of 2


class Padded(NamedTuple):
  """A product with its padding.

  Attributes:
    share: of the multiplications that are padding, 0..1.
    channels_in: as multiplied.
    channels_out: as multiplied.
    rows: as multiplied.
  """

  share: float
  channels_in: int
  channels_out: int
  rows: int


def up(size: int, multiple: int) -> int:
  """The least multiple that is not below `size`."""
  return -(-size // multiple) * multiple


def sublanes(itemsize: int) -> int:
  """Rows of a tile: 8 of 4 bytes, 16 of 2."""
  return _TILE_BYTES_PER_LANE // itemsize


def padded(
  product: products.Product, *, itemsize: int, lanes: int = LANES
) -> Padded:
  """A product as the multiplying units get it.

  Channels in are rounded to a tile's rows, which takes for granted that several
  taps of a kernel share the unit's width; then either channels out to the width
  and the batch to rows, or the other way around.

  Args:
    product: the convolution or matrix product.
    itemsize: bytes of a number of its operands.
    lanes: width of the multiplying units.
  """
  rows = sublanes(itemsize)
  channels_in = up(product.channels_in, rows)
  ways = (
    (up(product.channels_out, lanes), up(product.rows, rows)),
    (up(product.channels_out, rows), up(product.rows, lanes)),
  )
  channels_out, batch = min(ways, key=lambda way: way[0] * way[1])
  useful = product.channels_in * product.channels_out * product.rows
  share = 1 - useful / (channels_in * channels_out * batch)
  return Padded(share, channels_in, channels_out, batch)


def nbytes(planes: Sequence[int], itemsize: int) -> int:
  """Of an array in memory: `planes` (a, b, n) are n planes of a x b."""
  a, b, count = planes
  rows = sublanes(itemsize)
  tiled = min(up(a, rows) * up(b, LANES), up(a, LANES) * up(b, rows))
  return tiled * count * itemsize
