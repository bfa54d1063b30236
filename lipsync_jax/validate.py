"""What a run says of itself on its validation split."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from input_pipeline import dataset, evaluation, records, windows
from lipsync_jax import family as family_lib
from lipsync_jax import metric_writer, train_step
from lipsync_jax import sharding as sharding_lib
from lipsync_jax.judging import clips, drawn, evaluate, silence
from lipsync_jax.tasks import generator

_SHOWN = 8  # clips in a picture


class Validation:
  """Metrics and pictures of one split, compiled once.

  Every record counts once: none of the metrics depends on the size of the
  batches or on the number of devices.

  Args:
    family: what is trained.
    source: the records of the split.
    sharding: of batches over devices.
    batch_size: records judged at a time.
    num_batches: at most, for losses and for what generators draw; 0: all
      records. Offsets of experts are found in all of them always.
    between: called before every batch; what it raises ends an evaluation.
  """

  def __init__(
    self,
    family: family_lib.Family,
    source: Any,
    sharding: sharding_lib.Sharding,
    *,
    batch_size: int,
    num_batches: int = 0,
    between: Callable[[], None] = lambda: None,
  ):
    self._between = between
    self.source = source
    self._family = family
    self._sharding = sharding
    self._sizes = {'batch_size': batch_size, 'num_batches': num_batches}
    task = family.task
    self._step = train_step.make_eval_step(task, sharding)
    # All hosts draw all pictures: one of them writes.
    self._predict = jax.jit(
      task.predict,
      in_shardings=sharding.replicated,
      out_shardings=sharding.replicated,
    )
    self._has_expert = 'expert' in family.specs and 'expert' not in task.frozen
    if self._has_expert:
      self._hear = clips.make_judge(task.expert, task.similarity, sharding)
    self._draws = isinstance(task, generator.Task)
    if self._draws:
      self._draw = drawn.make_judge(task, sharding)
    # Record and drawn frames of `sample`.
    self._shown: tuple[int, np.ndarray] | None = None
    self._scale = functools.cache(self._measure_scale)

  def batches(self) -> Iterator[evaluation.Batch]:
    """What losses are averaged over, see `dataset.evaluation_batches`."""
    return dataset.evaluation_batches(
      self.source,
      self._family.examples,
      self._family.evaluation_options,
      **self._sizes,
    )

  def example(self) -> dict[str, np.ndarray]:
    """A batch for the task, of one record."""
    return {name: x[0] for name, x in next(self.batches()).rows.items()}

  def metrics(
    self, params: dict, model_state: dict, loss_weights: dict
  ) -> dict[str, float]:
    """Means of the task's metrics, and what goes with its kind.

    Of an expert in training the accuracy of offsets
    (`evaluate.offset_accuracy`). Of a generator, of whole clips drawn with
    their own sound, how near the mouths are to the true ones and how the task's
    expert hears them (`drawn.make_judge`), and how open it leaves the mouth
    when it hears nothing (`silence.of_clips`).
    """

    def step(batch):
      rows, mask = self._put(batch)
      return self._step(params, model_state, loss_weights, rows, mask)

    found = evaluate.mean_metrics(step, self.batches())
    if self._has_expert:
      found |= self._offset_accuracy(params, model_state)
    if self._draws:
      found |= self._drawn(params, model_state)
    return found

  def _put(self, batch: evaluation.Batch) -> tuple[dict, jax.Array]:
    self._between()
    put = self._sharding.put_whole(batch.rows | {'_mask': batch.mask})
    mask = put.pop('_mask')
    return put, mask

  def _offset_accuracy(self, params, model_state) -> dict[str, float]:
    expert = self._family.task.expert
    variables = {'params': params['expert'], **model_state['expert']}
    return evaluate.offset_accuracy(
      lambda batch: self._hear(variables, self._put(batch)[0]),
      clips.expert_batches(
        self.source,
        image_size=self._family.options.image_size,
        sound=expert.sound,
        batch_size=self._sizes['batch_size'],
      ),
    )

  def _drawn(self, params, model_state) -> dict[str, float]:
    """Quality and sync of drawn mouths, and what silence does to them."""
    judged = []
    self._shown = None

    def hushed():
      for batch in drawn.batches(
        self.source, self._family.task, self._family.options, **self._sizes
      ):
        found, silent, spoken = jax.device_get(
          self._draw(params, model_state, self._put(batch)[0])
        )
        if self._shown is None:
          self._shown = int(batch.records[0]), spoken[0].copy()
        for i in np.flatnonzero(batch.mask):
          judged.append({name: values[i] for name, values in found.items()})
          there = slice(batch.rows['length'][i])
          scale = self._scale(int(batch.records[i]))
          yield scale, silent[i, there], spoken[i, there]

    quiet = silence.of_clips(hushed())
    means = {
      name: float(np.mean([row[name] for row in judged], dtype=float))
      for name in judged[0]
    }
    return means | quiet

  def _measure_scale(self, record: int) -> silence.Scale | None:
    return silence.scale_of_record(
      self.source[record], self._family.options.image_size
    )

  def sample(self) -> tuple[np.ndarray, np.ndarray] | None:
    """A clip as `metrics` drew it last with its own sound, beside the truth.

    It costs no drawing, and is the first clip of the split every time.

    Returns:
      [t, h, 2 w, 3] uint8 RGB, drawn and true; [640 t] int16 of its sound, 16
      kHz. None: this kind of task draws nothing.
    """
    if self._shown is None:
      return None
    index, spoken = self._shown
    record = records.parse(self.source[index])
    truth = windows.all_frames(record, self._family.options.image_size)
    both = np.concatenate([spoken[: len(truth)], truth], axis=2)
    sound = record.audio[records.AUDIO_CONTEXT : -records.AUDIO_CONTEXT]
    return both, sound

  def picture(self, params: dict, model_state: dict) -> np.ndarray | None:
    """Rows: reference, masked, generated, truth; columns: clips. Or None."""
    rows, mask, _ = next(self.batches())
    shown = np.flatnonzero(mask)[:_SHOWN]
    # Of each clip its middle: at the beginning nothing is said.
    batch = {name: x[shown, x.shape[1] // 2] for name, x in rows.items()}
    pictures = jax.device_get(self._predict(params, model_state, batch))
    if not pictures:
      return None
    # By name: jit returns dicts sorted.
    order = [k for k in ('reference', 'masked', 'generated') if k in pictures]
    shown = [*(pictures[name] for name in order), batch['frames']]
    middle = batch['frames'].shape[1] // 2
    return metric_writer.grid([row[:, middle] for row in shown])
