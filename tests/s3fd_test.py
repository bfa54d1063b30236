"""S3FD computes what the original does; decoding and suppression by hand."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lipsync_jax import s3fd_detector, torch_weights
from lipsync_jax.models import s3fd
from tests import parity

pytestmark = pytest.mark.usefixtures('quick_compilation')


def init(network, height=32, width=32):
  picture = jnp.zeros((1, height, width, 3))
  return jax.jit(network.init)(jax.random.key(0), picture)


@functools.cache
def original():
  """The original's weights as variables of our network."""
  shapes = jax.eval_shape(functools.partial(init, s3fd.S3FD()))
  return torch_weights.convert('s3fd', parity.s3fd_state_dict(), shapes)


def blank_heads(height, width):
  """Heads that see nothing, of the shapes the network gives."""
  network = s3fd.S3FD(width=1)
  shapes = jax.eval_shape(
    lambda: network.apply(
      init(network, height, width), jnp.zeros((1, height, width, 3))
    )
  )
  return [
    s3fd.Head(
      np.tile(np.float32([5, -5]), (*head.logits.shape[:3], 1)),
      np.zeros(head.offsets.shape, np.float32),
    )
    for head in shapes
  ]


def test_parameter_count_is_the_published_one():
  shapes = jax.eval_shape(functools.partial(init, s3fd.S3FD()))
  leaves = jax.tree.leaves(shapes)
  assert sum(leaf.size for leaf in leaves) == 22_459_110
  assert len(leaves) == 65


def test_heads_are_those_of_the_original():
  picture = jnp.asarray(parity.s3fd_picture(), jnp.float32)[None]
  heads = jax.jit(s3fd.S3FD().apply)(original(), picture)
  expected = parity.s3fd()
  for k, head in enumerate(heads):
    for name, value in head._asdict().items():
      theirs = parity.channels_last(expected[f'{name}_{k}'])
      np.testing.assert_allclose(
        value, theirs, atol=1e-4 * np.abs(theirs).max(), err_msg=f'{name} {k}'
      )


def test_detections_are_those_of_the_original():
  detector = s3fd_detector.Detector(s3fd.S3FD(), original(), batch_size=1)
  found = detector(parity.s3fd_picture())
  expected = parity.s3fd()['detections']
  assert len(expected) == 12
  np.testing.assert_allclose(
    [(*d.box, d.score) for d in found], expected, rtol=1e-4, atol=1e-2
  )


def test_first_head_takes_the_likeliest_of_three_backgrounds():
  network = s3fd.S3FD(width=1)
  variables = init(network)
  conf = variables['params']['conv3_3_norm_mbox_conf']
  conf['kernel'] *= 0
  conf['bias'] = jnp.array([1.0, 3.0, 2.0, 4.0])
  head = jax.jit(network.apply)(variables, jnp.zeros((1, 16, 16, 3)))[0]
  np.testing.assert_array_equal(head.logits[0, 0, 0], [3, 4])


@pytest.mark.parametrize('size', [(16, 16), (37, 75)])
def test_any_size_has_six_heads(size):
  heads = blank_heads(*size)
  rows = [head.logits.shape[1:3] for head in heads]
  assert rows[0] == (size[0] // 4, size[1] // 4)
  assert rows[3] == (size[0] // 32 + 4, size[1] // 32 + 4)


def test_smaller_pictures_are_refused_by_the_network():
  with pytest.raises(ValueError, match='64 x 15 pixels are too small'):
    jax.eval_shape(functools.partial(init, s3fd.S3FD(width=1), 15, 64))


def test_decoding_by_hand():
  heads = blank_heads(64, 96)
  # Stride 8, row 2, column 3: the anchor has side 32, its centre is 28, 20.
  heads[1].logits[0, 2, 3] = [0, 2]
  heads[1].offsets[0, 2, 3] = [5, -2.5, 0, 5 * np.log(2)]
  boxes, scores = jax.jit(s3fd.decode)(tuple(heads))
  best = int(scores[0].argmax())
  assert scores[0, best] == pytest.approx(1 / (1 + np.exp(-2)))
  # Centre moved by +16, -8; height doubled.
  np.testing.assert_allclose(boxes[0, best], [28, -20, 60, 44], atol=1e-4)
  assert boxes.shape[1] == 16 * 24 + 8 * 12 + 4 * 6 + 6 * 7 + 3 * 4 + 2 * 2


def test_suppression_by_hand():
  boxes = np.array(
    [
      [0, 0, 9, 9],  # alone
      [50, 50, 89, 89],  # pixels 50..89: 40 x 40
      [54, 50, 93, 89],  # 36 columns shared: 36 / 44, the same face
      [74, 50, 113, 89],  # 16 columns shared: 16 / 64, another face
      [71, 50, 110, 89],  # 19 shared, 19 / 61 = 0.31: the same
    ],
    np.float32,
  )
  scores = np.array([0.7, 0.9, 0.8, 0.6, 0.95], np.float32)
  # The last is surest and takes 1 and 3 with it; 2 shares 23 / 57 with it.
  assert s3fd_detector.suppress(boxes, scores).tolist() == [4, 0]
  assert s3fd_detector.suppress(boxes[:4], scores[:4]).tolist() == [1, 0, 3]


def test_suppression_is_that_of_the_paper_for_many(rng):
  corners = rng.uniform(0, 100, (300, 2))
  boxes = np.concatenate([corners, corners + rng.uniform(9, 60, (300, 2))], 1)
  scores = rng.uniform(0, 1, 300)
  # Of all candidates above 0.05 first, then those above 0.5: as published.
  order, kept = np.argsort(-scores), []
  for k in order[scores[order] > 0.05]:
    low = np.maximum(boxes[k, :2], boxes[kept, :2].reshape(-1, 2))
    high = np.minimum(boxes[k, 2:], boxes[kept, 2:].reshape(-1, 2))
    shared = np.prod(np.maximum(high - low + 1, 0), 1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2] + 1, 1)
    if np.all(shared <= 0.3 * (areas[k] + areas[kept] - shared)):
      kept.append(int(k))
  expected = [k for k in kept if scores[k] > 0.5]
  assert len(expected) > 10
  assert s3fd_detector.suppress(boxes, scores).tolist() == expected
