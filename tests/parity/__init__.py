"""Figures of the original PyTorch networks, and weights anyone can make.

`outputs.npz`, `one_step.json` and `expert_step.json` were printed by the
original modules (Rudrabha/Wav2Lip 5c90fa9, joonson/syncnet_python 6efbb1c,
Jongchan/attention-module) on CPU in float32, with the weights and inputs that
the functions here make from their names. Tensors are PyTorch's: channels
second, colours BGR. `generator_eval_5d` holds every fourth row and column.
`mfcc.npz` is python_speech_features 0.6 on `wav_int16`.
`lse.npz` is what SyncNetInstance makes of embeddings, for vshift 10 and 15.
`s3fd.npz` has the heads of Wav2Lip's face detector, what its own code makes of
them, and the names and shapes of its weights (padded with zeros); the picture
is RGB. `inception.npz` (mseitzer/pytorch-fid b9c1811 on torchvision 0.29.2) and
`lpips.npz` (richzhang/PerceptualSimilarity 082bb24) are likewise, with gain 2;
of `inception.npz`, `resized_features` are those of the first picture brought to
299 pixels, `logits` the first 64, and `enlarged` and `reduced` every 23rd row
and column of F.interpolate.
"""

import json
import pathlib
import zlib

import numpy as np

SEED = 20260101
_HERE = pathlib.Path(__file__).parent


def outputs() -> dict[str, np.ndarray]:
  with np.load(_HERE / 'outputs.npz') as figures:
    return dict(figures)


def mfcc() -> np.ndarray:
  with np.load(_HERE / 'mfcc.npz') as figures:
    return figures['mfcc']


def lse() -> dict[str, np.ndarray]:
  """Embeddings [45, 1024] of 'lip_features' and 'audio_features'.

  For K = 10 and 15, 'mdist_K' [2 K + 1] and 'read_K': offset, least distance,
  confidence.
  """
  with np.load(_HERE / 'lse.npz') as figures:
    return dict(figures)


def s3fd() -> dict[str, np.ndarray]:
  """logits_k and offsets_k of six heads, and `detections` [n, 5]."""
  with np.load(_HERE / 's3fd.npz') as stored:
    return dict(stored)


def s3fd_state_dict() -> dict[str, np.ndarray]:
  return _state_dict(s3fd(), 1)


def s3fd_picture() -> np.ndarray:
  """[64, 96, 3] uint8 RGB."""
  return (255 * draw('s3fd', (64, 96, 3), 'uniform')).astype(np.uint8)


def inception() -> dict[str, np.ndarray]:
  with np.load(_HERE / 'inception.npz') as stored:
    return dict(stored)


def inception_state_dict() -> dict[str, np.ndarray]:
  return _state_dict(inception(), 2)


def inception_pictures() -> np.ndarray:
  """[2, 91, 107, 3] uint8 RGB."""
  pixels = draw('inception', (2, 91, 107, 3), 'uniform')
  return (255 * pixels).astype(np.uint8)


def lpips() -> dict[str, np.ndarray]:
  with np.load(_HERE / 'lpips.npz') as stored:
    return dict(stored)


def lpips_state_dict() -> dict[str, np.ndarray]:
  """Of the whole module; `lins.K` are the linear layers `linK` again."""
  made = _state_dict(lpips(), 2)
  # Trained to be at least 0.
  made |= {k: np.abs(v) for k, v in made.items() if k.startswith('lin')}
  again = [k for k in made if k.startswith('lins.')]
  made |= {k: made[k.replace('lins.', 'lin')] for k in again}
  constants = {
    'shift': [-0.030, -0.088, -0.188],
    'scale': [0.458, 0.448, 0.450],
  }
  return made | {
    f'scaling_layer.{k}': np.reshape(np.float32(v), (1, 3, 1, 1))
    for k, v in constants.items()
  }


def lpips_pictures() -> tuple[np.ndarray, np.ndarray]:
  """Two of [2, 67, 85, 3] uint8 RGB, the second pair of them much alike."""
  a, b = (
    (255 * draw(f'lpips_{name}', (2, 67, 85, 3), 'uniform')).astype(np.uint8)
    for name in 'ab'
  )
  b[1] = a[1] // 2 + b[1] // 4
  return a, b


def figures(name: str) -> dict:
  return json.loads((_HERE / f'{name}.json').read_text())


def state_dict(network: str) -> dict[str, np.ndarray]:
  """The weights all figures of `network` were made with."""
  shapes = figures('state_dicts')['state_dict_shapes'][network]
  gain = 2 if network == 'wav2lip_disc_qual' else 1
  return {key: _weight(key, shape, gain) for key, shape in shapes.items()}


def draw(name: str, shape: tuple[int, ...], kind: str) -> np.ndarray:
  rng = _rng(name)
  if kind == 'normal':
    return rng.standard_normal(shape).astype(np.float32)
  return rng.uniform(0, 1, shape).astype(np.float32)


def face(name: str, shape: tuple[int, ...]) -> np.ndarray:
  """[n, 6, (t,) h, w]: the lower half of the first three channels zero."""
  pixels = draw(name, shape, 'uniform')
  pixels[:, :3, ..., shape[-2] // 2 :, :] = 0
  return pixels


def channels_last(x: np.ndarray, colours: bool = False) -> np.ndarray:
  """[n, c, ...] -> [n, ..., c]; with `colours`, BGR triples become RGB."""
  x = np.moveaxis(x, 1, -1)
  if colours:
    triples = x.reshape(*x.shape[:-1], -1, 3)
    x = triples[..., ::-1].reshape(x.shape)
  return np.ascontiguousarray(x)


def faces_of_mouths(mouths: np.ndarray) -> np.ndarray:
  """[n, 15, h, w] BGR lower halves, folded -> [n, 5, 2 h, w, 3] RGB faces."""
  n, _, h, w = mouths.shape
  mouths = channels_last(mouths, colours=True).reshape(n, h, w, 5, 3)
  mouths = mouths.transpose(0, 3, 1, 2, 4)
  return np.concatenate([np.zeros_like(mouths), mouths], axis=2)


def _rng(name: str) -> np.random.Generator:
  crc = zlib.crc32(name.encode())
  return np.random.Generator(np.random.PCG64([SEED, crc]))


def _state_dict(
  stored: dict[str, np.ndarray], gain: float
) -> dict[str, np.ndarray]:
  shapes = zip(stored['keys'].tolist(), stored['shapes'].tolist(), strict=True)
  return {key: _weight(key, [n for n in s if n], gain) for key, s in shapes}


def _weight(key: str, shape: list[int], gain: float) -> np.ndarray:
  rng, last = _rng(key), key.rsplit('.', 1)[-1]
  if last == 'num_batches_tracked':
    return np.zeros(shape, np.int64)
  if last == 'running_var' or (last == 'weight' and len(shape) == 1):
    values = rng.uniform(0.5, 1.5, shape)
  elif len(shape) < 2:
    values = 0.1 * rng.standard_normal(shape)
  else:
    fan_in = np.prod(shape[1:])
    values = rng.standard_normal(shape) * np.sqrt(gain / fan_in)
  return values.astype(np.float32)
