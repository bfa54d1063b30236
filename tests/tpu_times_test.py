"""Padding and times of programs that one can reckon by hand."""

import lowered
import pytest

from lipsync_jax.tpu import products, report, roofline, tiles
from lipsync_jax.training import device_speed


def test_padding_of_a_convolution_counted_by_hand():
  (found,) = lowered.read(lowered.convolve, *lowered.SMALL).of('convolution')
  product = found.product
  # Of 10 x 3 rows and taps of each axis, 2 lie outside.
  assert product.flops == 2 * 4 * 6 * 32 * 28**2
  assert product.window == (3, 3)
  # bfloat16: 6 channels to 16, 32 to 128, a batch of 4 to 16; the other way
  # around, 32 stays and the batch grows to 128: twice as much.
  padded = tiles.padded(product, itemsize=2)
  assert padded[1:] == (16, 128, 16)
  assert padded.share == pytest.approx(1 - 6 * 32 * 4 / (16 * 128 * 16))
  # float32: 8 rows to a tile.
  padded = tiles.padded(product, itemsize=4)
  assert padded[1:] == (8, 128, 8)
  assert report.waste([found]) == pytest.approx(1 - 6 * 32 * 4 / 2**15)


def test_a_large_batch_takes_the_lanes():
  made = products.Product(256, 16, 32, (3, 3), 1.0, ())
  assert tiles.padded(made, itemsize=2).share == 0
  # 200 pictures of 3 channels: 200 x 16 to 256, not 208 x 128.
  assert tiles.nbytes((200, 3, 10), 2) == 256 * 16 * 10 * 2
  assert tiles.nbytes((200, 3, 10), 4) == 256 * 8 * 10 * 4
  assert tiles.nbytes((16, 128, 1), 2) == 16 * 128 * 2


def by_hand(rows, summed, columns):
  """A program of one bfloat16 product that fills its tiles."""

  def multiply(state, batch):
    return batch['x'] @ state['k']

  return lowered.read(
    multiply,
    {'k': lowered.array(summed, columns)},
    {'x': lowered.array(rows, summed)},
  )


V5E, V5E_8, V6E = roofline.SLICES


def test_a_large_product_is_bound_by_multiplying():
  n = 8192
  found = roofline.expect(by_hand(n, n, n), V5E, gradient_bytes=0)
  multiplying = 2 * n**3 / 197e12
  moving = 3 * n**2 * 2 / 819e9
  assert found.compute == found.padded == pytest.approx(multiplying)
  # The same arrays once more as what the program is given and gives.
  assert found.memory == pytest.approx(2 * moving)
  assert found.expected == found.least == pytest.approx(multiplying + moving)
  faster = roofline.expect(by_hand(n, n, n), V6E, gradient_bytes=0)
  assert faster.compute == pytest.approx(2 * n**3 / 918e12)


def test_a_thin_product_is_bound_by_memory():
  found = roofline.expect(by_hand(16, 4096, 4096), V5E, gradient_bytes=0)
  assert found.compute < found.memory
  assert found.expected == pytest.approx(found.memory)
  # On units twice as wide, 64 channels fill a quarter.
  narrow = by_hand(32, 16, 64)
  for slice_, width in ((V5E, 128), (V6E, 256)):
    times = roofline.expect(narrow, slice_, gradient_bytes=0)
    assert times.padded == pytest.approx(times.compute * width / 64)


def test_gradients_go_around_a_ring():
  chip = device_speed.specification('TPU v5 lite')
  assert roofline.all_reduce(10**9, 1, chip) == 0
  # 7/8 of them out, 7/8 of the sums; 50 GB/s over each of two links.
  assert roofline.all_reduce(10**9, 8, chip) == pytest.approx(1.75e9 / 100e9)
  program = by_hand(16, 128, 128)
  alone, eight = (
    roofline.expect(program, s, gradient_bytes=10**9) for s in (V5E, V5E_8)
  )
  assert eight.expected == pytest.approx(alone.expected + 0.0175)
  assert eight.least == pytest.approx(0.0175)
