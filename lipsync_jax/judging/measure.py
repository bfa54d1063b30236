"""Sync of records and of pictures with sound, measured by a trained expert."""

import functools
import math
import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from input_pipeline import records, windows
from lipsync_jax import losses, networks, taught
from lipsync_jax.judging import evaluate, measurement
from lipsync_jax.metrics import sync
from lipsync_jax.tasks import base

# Windows are padded to 23, 47 or 71 (the longest chunk's), so that chunks of
# all lengths are three programs to compile.
_STEP = 24


class Curve(NamedTuple):
  """Similarity of one chunk's pictures with its sound, by offset.

  Attributes:
    values: [31] mean similarity; column 15 - s is of a sound that leads by s
      frames; nan where the chunk is too short.
    counts: [31] of how many windows each is the mean.
    frames: of the chunk.
  """

  values: np.ndarray
  counts: np.ndarray
  frames: int

  def excess(self, lead: int) -> float:
    """How far the similarity at an offset is above that at most others.

    0 where the chunk is too short to tell.
    """
    value = self.values[sync.MAX_OFFSET - lead]
    return float(np.nan_to_num(value - np.nanmedian(self.values)))


class Judge:
  """A trained expert that measures sync.

  Attributes:
    image_size: of its pictures.
    sound: what it hears.
    similarity: what of its embeddings means 'in sync'.
    unit: those are of length one.
    description: of its checkpoint.
    variables: its parameters and statistics, on the device.

  Args:
    network: see `models.expert.Expert`.
    variables: its parameters and statistics.
    description: of its checkpoint; 'objective' is read here.
    distances: judge by distances even after training by cosines.
  """

  def __init__(
    self,
    network: Any,
    variables: dict[str, Any],
    description: dict[str, Any],
    *,
    distances: bool = False,
  ):
    self.image_size = network.image_size
    self.sound = network.sound
    trained = sync.similarity_of(description['objective'])
    self.similarity = 'distance' if distances else trained
    self.unit = trained == 'cosine'
    self.description = description
    self.variables = jax.device_put(variables)
    self._embed = evaluate.make_embed(network)

  def measure(
    self, clip: Iterable[bytes | records.Chunk]
  ) -> measurement.Measurement:
    """One clip, of one or several chunks; each window weighs the same.

    Raises:
      ValueError: there is no chunk, or one of fewer than five frames.
    """
    return self.pool([self.curve(chunk) for chunk in clip])

  def curve(self, chunk: bytes | records.Chunk) -> Curve:
    """What one chunk contributes to the measurement of its clip.

    Raises:
      ValueError: it has fewer than five frames.
    """
    example = windows.clip_example(chunk, self.image_size, self.sound)
    values, counts = self._curve(example['frames'], example['sound'])
    return Curve(values, counts, len(example['frames']))

  def pool(self, curves: Sequence[Curve]) -> measurement.Measurement:
    """The measurement of a clip from the curves of its chunks.

    Raises:
      ValueError: there is none.
    """
    if not curves:
      raise ValueError('There is nothing to measure: no chunk with a face.')
    counts = [curve.counts for curve in curves]
    count = np.sum(counts, axis=0)
    values = [np.nan_to_num(curve.values) for curve in curves]
    total = np.sum(np.multiply(values, counts), axis=0)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return self._read(mean, sum(c.frames for c in curves), len(curves))

  def hear(
    self, frames: np.ndarray, sound: np.ndarray
  ) -> measurement.Measurement:
    """Pictures of any size with their sound.

    Args:
      frames: [t, h, h, 3] uint8 RGB.
      sound: [t - 4, bands, rows, 1] float32, of the kind the expert hears.
    """
    if frames.shape[1] != self.image_size:
      clip = jnp.asarray(frames, jnp.float32)[None]
      resized = base.resize(clip, self.image_size)[0]
      frames = np.asarray(jnp.rint(resized.clip(0, 255)), np.uint8)
    curve, _ = self._curve(frames, sound)
    return self._read(curve, len(frames), 1)

  def embed(
    self, frames: np.ndarray, sound: np.ndarray
  ) -> tuple[jax.Array, jax.Array]:
    """[t - 4, d] of the pictures and of the sounds; compiled for each t.

    Args:
      frames: [t, image_size, image_size, 3] uint8 RGB.
      sound: as for `hear`.
    """
    face, audio = self._embed(self.variables, frames, sound)
    if self.unit:
      return losses.unit(face), losses.unit(audio)
    return face, audio

  def pairs(self, chunk: bytes | records.Chunk) -> np.ndarray:
    """[n, n] similarity of every picture window with every sound window.

    Raises:
      ValueError: the chunk has fewer than five frames.
    """
    example = windows.clip_example(chunk, self.image_size, self.sound)
    count = len(example['sound'])
    found = _pairs(*self._padded(**example), similarity=self.similarity)
    return jax.device_get(found)[:count, :count]

  def _padded(self, frames: np.ndarray, sound: np.ndarray):
    """`embed` of one of few lengths."""
    more = -(len(sound) + 1) % _STEP
    return self.embed(
      np.pad(frames, ((0, more), *[(0, 0)] * 3), mode='edge'),
      np.pad(sound, ((0, more), *[(0, 0)] * 3), mode='edge'),
    )

  def _curve(self, frames: np.ndarray, sound: np.ndarray):
    """Mean similarity by offset, and of how many windows each is the mean."""
    face, audio = self._padded(frames, sound)
    return jax.device_get(
      _masked_curve(face, audio, len(sound), similarity=self.similarity)
    )

  def _read(
    self, curve: np.ndarray, frames: int, chunks: int
  ) -> measurement.Measurement:
    curve = np.asarray(curve, np.float32)
    # From the similarity by position of the sound to that by its lead.
    by_lead = [None if math.isnan(s) else float(s) for s in curve[::-1]]
    curve = jnp.asarray(curve)[None]
    peak = float(jnp.nanmax(curve))
    return measurement.Measurement(
      offset=int(sync.offsets(curve)[0]),
      confidence=float(sync.confidences(curve)[0]),
      peak=-peak if self.similarity == 'distance' else peak,
      similarity=self.similarity,
      frames=frames,
      chunks=chunks,
      curve=tuple(by_lead),
    )


def load(workdir: str | os.PathLike, *, distances: bool = False) -> Judge:
  """The expert of a run folder; see `Judge`.

  Raises:
    checkpoint.CheckpointError: there is none, or it does not say how it was
      trained, which tells what to make of its embeddings.
  """
  network, variables, description = networks.load(os.fspath(workdir), 'expert')
  kind = taught.objective(os.fspath(workdir), description)
  description = description | {'objective': kind}
  return Judge(network, variables, description, distances=distances)


_pairs = jax.jit(sync.similarities, static_argnames='similarity')


@functools.partial(jax.jit, static_argnames='similarity')
def _masked_curve(
  face: Float[Array, 'n d'],
  audio: Float[Array, 'n d'],
  count: int | Int[Array, ''],
  *,
  similarity: str,
) -> tuple[Float[Array, ' s'], Int[Array, ' s']]:
  """The curve of the first `count` windows, and the number behind each mean."""
  band = sync.similarity_band(face, audio, similarity=similarity)
  picture = jnp.arange(len(band))[:, None]
  heard = picture + jnp.arange(-sync.MAX_OFFSET, sync.MAX_OFFSET + 1)
  band = jnp.where((picture < count) & (heard < count), band, jnp.nan)
  return sync.offset_curve(band)[0], (~jnp.isnan(band)).sum(0)
