"""What a run says of itself on its validation split."""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from input_pipeline import dataset
from lipsync_jax import family as family_lib
from lipsync_jax import metric_writer, train_step
from lipsync_jax import sharding as sharding_lib
from lipsync_jax.judging import evaluate, silence
from lipsync_jax.tasks import generator

_SHOWN = 8  # clips in a picture
_HUSHED = 32  # clips that are drawn with silence, about: it costs two drawings


class Validation:
  """Metrics and pictures of one split, compiled once."""

  def __init__(
    self,
    family: family_lib.Family,
    source: Any,
    sharding: sharding_lib.Sharding,
    *,
    batch_size: int,
    num_batches: int,
  ):
    self.source = source
    self._family = family
    self._sharding = sharding
    self._batch_size = batch_size
    self._num_batches = num_batches
    self._step = train_step.make_eval_step(family.task, sharding)
    self._predict = jax.jit(family.task.predict)
    self._has_expert = (
      'expert' in family.specs and 'expert' not in family.task.frozen
    )
    if self._has_expert:
      self._embed = evaluate.make_embed(family.task.expert)
    self._draws = isinstance(family.task, generator.Task)
    self._scales: dict[int, silence.Scale | None] = {}

  def batches(self, count: int) -> Iterator[dict[str, np.ndarray]]:
    """The first `count` of the batches everything is judged on."""
    return dataset.evaluation_batches(
      self.source,
      self._family.examples,
      self._family.evaluation_options,
      batch_size=self._batch_size,
      num_batches=count,
    )

  def metrics(
    self, params: dict, model_state: dict, loss_weights: dict
  ) -> dict[str, float]:
    """Means of the task's metrics, and what goes with its kind.

    Of an expert in training the accuracy of offsets, of a generator how open it
    leaves the mouth when it hears nothing: `silence.of_clips`.
    """

    def step(batch):
      batch = self._sharding.put_whole(batch)
      return self._step(params, model_state, loss_weights, batch)

    found = evaluate.mean_metrics(step, self.batches(self._num_batches))
    if self._has_expert:
      found |= evaluate.offset_accuracy(
        self._embed,
        {'params': params['expert'], **model_state['expert']},
        self.source,
        image_size=self._family.options.image_size,
        sound=self._family.task.expert.sound,
        similarity=self._family.task.similarity,
      )
    if self._draws:
      found |= silence.of_clips(self._hushed(params, model_state))
    return found

  def _hushed(self, params: dict, model_state: dict):
    """Of each clip its scale, and what is drawn with silence and with sound."""
    heard = self._family.task.generator.sound
    count = min(self._num_batches, -(-_HUSHED // self._batch_size))
    for k, batch in enumerate(self.batches(count)):
      drawn = [
        np.asarray(self._predict(params, model_state, given)['generated'])
        for given in (silence.hushed(batch, heard), batch)
      ]
      crops = [np.rint(x.clip(0, 1) * 255).astype(np.uint8) for x in drawn]
      for i, (silent, spoken) in enumerate(zip(*crops, strict=True)):
        # Batches hold the records in order.
        record = (k * self._batch_size + i) % len(self.source)
        yield self._scale(record), silent, spoken

  def _scale(self, record: int) -> silence.Scale | None:
    """Of a record's own mouth; computed once."""
    if record not in self._scales:
      self._scales[record] = silence.scale_of_record(
        self.source[record], self._family.options.image_size
      )
    return self._scales[record]

  def picture(self, params: dict, model_state: dict) -> np.ndarray | None:
    """Rows: reference, masked, generated, truth; columns: clips. Or None."""
    batch = next(self.batches(1))
    pictures = jax.device_get(self._predict(params, model_state, batch))
    if not pictures:
      return None
    # By name: jit returns dicts sorted.
    order = [k for k in ('reference', 'masked', 'generated') if k in pictures]
    rows = [*(pictures[name] for name in order), batch['frames']]
    middle = batch['frames'].shape[1] // 2
    return metric_writer.grid([row[:_SHOWN, middle] for row in rows])
