"""A trained lip reader: pictures in, words out."""

import jax
import numpy as np

from input_pipeline import alignment, records
from lipsync_jax import networks
from lipsync_jax.tasks import lip_reading


class LipReader:
  """Reads clips of at most 3 s with the networks of one training run.

  Attributes:
    image_size: of the pictures.
    slots, vocabulary, chance: see `input_pipeline.labels.Labels`.
  """

  def __init__(self, workdir: str):
    """Loads a run of configs/lip_reading.py.

    Raises:
      checkpoint.CheckpointError: it is none.
    """
    reader, reader_variables, description = networks.load(workdir, 'reader')
    expert, variables, _ = networks.load(workdir, 'expert')
    labels = description['labels']
    self.image_size = description['image_size']
    self.slots = tuple(labels['slots'])
    self.vocabulary = tuple(map(tuple, labels['vocabulary']))
    self.chance = tuple(labels['chance'])
    self.trained_with = description['config']['data']['labels']
    task = lip_reading.Task(reader, expert, self.slots, self.chance)
    params = reader_variables | {}
    self._params = {
      'reader': params.pop('params'),
      'expert': variables.pop('params'),
    }
    self._state = {'expert': variables}
    self._read = jax.jit(task.read)

  def __call__(self, frames: np.ndarray) -> tuple[str, ...]:
    """The word of every slot.

    Args:
      frames: [t, image_size, image_size, 3] uint8 RGB at 25 fps, faces cut out
        as tools.prepare does.

    Raises:
      ValueError: t is not from 5 to 75, or the pictures have another size.
    """
    count, side = len(frames), self.image_size
    least, most = alignment.WINDOW_FRAMES, records.CHUNK_FRAMES
    if not least <= count <= most or frames.shape[1:] != (side, side, 3):
      raise ValueError(
        f'Cannot read pictures of shape {frames.shape}: give {least} to {most} '
        f'of {side} x {side} x 3.'
      )
    padded = np.zeros((1, most, *frames.shape[1:]), np.uint8)
    padded[0, :count] = frames
    batch = {'frames': padded, 'length': np.array([count], np.int32)}
    logits = self._read(self._params, self._state, batch)
    return tuple(
      words[int(slot[0].argmax())]
      for words, slot in zip(self.vocabulary, logits, strict=True)
    )
