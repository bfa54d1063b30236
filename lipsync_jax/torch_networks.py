"""Where the published PyTorch networks keep what ours have.

One entry per network: rules from our names to the keys of its state_dict, the
kernels that are no plain Conv2d, and where colours enter and leave.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Shape = tuple[int, ...]
Rule = tuple[str, str | Callable[[re.Match], str]]


class Layout(NamedTuple):
  """How PyTorch keeps a leaf of ours: its shape, the way here, and back."""

  torch_shape: Callable[[Shape], Shape]
  convert: Callable[[np.ndarray], np.ndarray]
  invert: Callable[[np.ndarray], np.ndarray]


_AS_IS = Layout(lambda shape: shape, lambda w: w, lambda w: w)
_DENSE = Layout(lambda shape: shape[::-1], lambda w: w.T, lambda w: w.T)
_CONV = Layout(  # OIHW -> HWIO
  lambda shape: (shape[3], shape[2], *shape[:2]),
  lambda w: w.transpose(2, 3, 1, 0),
  lambda w: w.transpose(3, 2, 0, 1),
)
_TRANSPOSED = Layout(  # IOHW -> HWIO, mirrored: ours convolves
  lambda shape: (shape[2], shape[3], *shape[:2]),
  lambda w: w.transpose(2, 3, 0, 1)[::-1, ::-1],
  lambda w: w[::-1, ::-1].transpose(2, 3, 0, 1),
)


def _folded(frames: int) -> Layout:
  """OITHW -> HW(TI)O: a 3-D convolution that sees all of its `frames`."""

  def convert(w):
    w = w.transpose(3, 4, 2, 1, 0)
    return w.reshape(*w.shape[:2], -1, w.shape[-1])

  def invert(w):
    w = w.reshape(*w.shape[:2], frames, -1, w.shape[-1])
    return w.transpose(4, 3, 2, 0, 1)

  return Layout(
    lambda shape: (shape[3], shape[2] // frames, frames, *shape[:2]),
    convert,
    invert,
  )


class Network(NamedTuple):
  """What is particular to one network's names, layouts and colours."""

  rules: tuple[Rule, ...]
  layouts: tuple[tuple[str, Layout], ...] = ()  # kernels that are no Conv2d
  colour_input: str | None = None  # the kernel that reads RGB triples
  colour_output: str | None = None  # the layer that writes one


def _syncnet_block(match: re.Match) -> str:
  index = (0, 4, 8, 11, 14, 18)[int(match[2])] + (match[3] == 'norm')
  return f'netcnn{_TOWERS[match[1]]}.{index}.'


def _syncnet_head(match: re.Match) -> str:
  index = {'dense_0': 0, 'norm': 1, 'dense_1': 3}[match[2]]
  return f'netfc{_TOWERS[match[1]]}.{index}.'


def _lpips_slice(match: re.Match) -> str:
  index = (0, 3, 6, 8, 10)[int(match[1]) - 1]
  return f'net.slice{match[1]}.{index}.'


_TOWERS = {'audio': 'aud', 'face': 'lip'}
_AUDIO: Rule = (r'^audio_encoder/block_(\d+)/', r'audio_encoder.\1.conv_block.')
_LAYERS: tuple[Rule, ...] = (
  ('conv/', '0.'),
  ('norm/', '1.'),
  ('kernel$|scale$', 'weight'),
  ('mean$', 'running_mean'),
  ('var$', 'running_var'),
)

NETWORKS = {
  'generator': Network(
    (
      _AUDIO,
      (
        r'^face_(\w+)/stage_(\d+)_block_(\d+)/',
        r'face_\1_blocks.\2.\3.conv_block.',
      ),
      ('^face_decoder/output_block/', 'output_block.0.conv_block.'),
      ('^face_decoder/output_conv/', 'output_block.1.'),
      *_LAYERS,
    ),
    ((r'^face_decoder/stage_[1-9]\d*_block_0/', _TRANSPOSED),),
    colour_input='face_encoder/stage_0_block_0/conv/kernel',
    colour_output='face_decoder/output_conv/',
  ),
  'expert': Network(
    (
      _AUDIO,
      (r'^face_encoder/stage_0_block_(\d+)/', r'face_encoder.\1.conv_block.'),
      *_LAYERS,
    ),
    colour_input='face_encoder/stage_0_block_0/conv/kernel',
  ),
  'discriminator': Network(
    (
      (
        r'^stage_(\d+)_block_(\d+)/',
        r'face_encoder_blocks.\1.\2.conv_block.0.',
      ),
      ('^output_conv/', 'binary_pred.0.'),
      *_LAYERS,
    ),
    colour_input='stage_0_block_0/kernel',
  ),
  'syncnet': Network(
    (
      (r'^(\w+)_encoder/trunk/block_(\d+)/(conv|norm)/', _syncnet_block),
      (r'^(\w+)_encoder/(dense_\d|norm)/', _syncnet_head),
      *_LAYERS,
    ),
    (
      ('^face_encoder/trunk/block_0/', _folded(5)),
      ('^face_encoder/', _folded(1)),
    ),
    colour_input='face_encoder/trunk/block_0/conv/kernel',
  ),
  'cbam': Network(
    (
      ('^squeeze/', 'ChannelGate.mlp.1.'),
      ('^excite/', 'ChannelGate.mlp.3.'),
      ('^spatial_conv/', 'SpatialGate.spatial.conv.'),
      ('^spatial_norm/', 'SpatialGate.spatial.bn.'),
      *_LAYERS,
    )
  ),
  # Layers are named alike. No colour is turned: the published detector reads
  # RGB, see `models.s3fd.MEAN`.
  's3fd': Network((('/', '.'), ('kernel$|scale$', 'weight'))),
  # RGB as well; layers are named alike.
  'inception': Network((('/', '.'), *_LAYERS)),
  'lpips': Network(
    (
      (r'^slice(\d)/', _lpips_slice),
      (r'^lin(\d)/', r'lin\1.model.1.'),
      *_LAYERS,
    )
  ),
}


def torch_key(network: str, name: str) -> str:
  """PyTorch's key for a leaf of ours, such as 'audio_encoder/block_0/...'."""
  for pattern, replacement in NETWORKS[network].rules:
    name = re.sub(pattern, replacement, name)
  return name


def layout(network: str, name: str, ndim: int) -> Layout:
  """How PyTorch keeps the leaf `name` of `ndim` dimensions."""
  if ndim < 2:
    return _AS_IS
  if ndim == 2:
    return _DENSE
  for pattern, special in NETWORKS[network].layouts:
    if re.search(pattern, name):
      return special
  return _CONV
