"""An expert that is right by construction, and chunks with known offsets."""

import dataclasses
from typing import Any, ClassVar

import flax.linen as nn
import jax
import numpy as np

from input_pipeline import records
from lipsync_jax.judging import measure


class Expert(nn.Module):
  """Embeds which frame is seen, and which one's sound is heard, one-hot.

  Of `counting_chunk`s: frame k is grey level 3 k, mel row r has the value r.
  """

  sound: ClassVar[str] = 'mel'
  image_size: int = 16

  @nn.compact
  def __call__(self, mel, frames, *, train):
    seen = jax.numpy.rint(frames[:, 0, 8, 8, 0] * 255 / 3).astype(int)
    # Frame j starts at row 16 j // 5.
    heard = (5 * mel[:, 0, 0, 0].astype(int) + 4) // 16
    return jax.nn.one_hot(heard, 128), jax.nn.one_hot(seen, 128)


def judge(objective: str = 'multiway') -> Any:
  return measure.Judge(Expert(), {}, {'objective': objective})


def leading(chunk: records.Chunk, lead: int) -> records.Chunk:
  """The chunk with its sound early by a multiple of five frames."""
  assert lead % 5 == 0
  mel = chunk.mel + np.float32(16 * lead // 5)
  return dataclasses.replace(chunk, mel=mel)
