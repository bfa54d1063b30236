"""The records that a config names: of a split, of one speaker, with labels."""

import functools
import logging
from collections.abc import Sequence
from typing import Any

from input_pipeline import intact, labels, one_speaker, shards

_LOG = logging.getLogger(__name__)


class Footage:
  """Records of a data set, each checked when it is read.

  Args:
    data: the part `data` of a config.

  Attributes:
    damage: what is found damaged.
    labels: of the training split, for a task that learns them.

  Raises:
    FileNotFoundError: there is no such data, or no such file of labels.
    ValueError: too many records are damaged, or labels do not fit.
  """

  def __init__(self, data: Any):
    self._data = data
    if data.speaker and not data.held_out:
      raise ValueError(
        'data.speaker says whom to learn, and nothing is left to judge by: add '
        '--config.data.held_out=0.15.'
      )
    self.damage = intact.Damage(data.max_damaged)
    self.labels: labels.Labels | None = None
    if data.examples == 'lip_reading':
      whole = self._open(data.train_split).left()
      self.labels = labels.load(data.labels, whole)

  def source(self, split: str, *, each_once: bool = False) -> Sequence[bytes]:
    """The records of a split; those with labels, where the task learns them.

    Those of one speaker, where the config holds out a part of them.

    Args:
      split: its name.
      each_once: leave damaged records out; the next intact one stands for them
        otherwise, so that training has as many batches as before.

    Raises:
      FileNotFoundError: there is no such split.
      ValueError: too many records are damaged, none has a label, or one has
        one unknown to training; or there is no such speaker, or too little
        footage.
    """
    if self._data.held_out:
      parts = self.one_speaker
      found = {
        self._data.train_split: parts.train,
        self._data.validation_split: parts.held_out,
      }
      if split not in found:
        raise ValueError(
          f'data.held_out parts one speaker into {" and ".join(found)}; there '
          f'is no {split!r}.'
        )
      return found[split]
    found = self._open(split)
    if self.labels is None:
      return found.left() if each_once else found
    chosen = self.labels.select(found.left())
    _LOG.info('%s: %s.', split, chosen.report)
    return chosen

  def _open(self, split: str) -> intact.Intact:
    whole = shards.load_split(self._data.directory, split, check=True)
    return intact.Intact(whole, self.damage)

  @functools.cached_property
  def one_speaker(self) -> one_speaker.Parts:
    """Both parts of one speaker's records, where a part is held out.

    Raises:
      ValueError: see `source`.
    """
    data = self._data
    if self.labels is not None:
      raise ValueError(
        'data.held_out parts one speaker, and lip reading needs several: give '
        '--config.data.held_out=0.'
      )
    if data.train_split == data.validation_split:
      raise ValueError(
        'data.held_out makes two parts of all splits together; their names, '
        'data.train_split and data.validation_split, must differ.'
      )
    parts = one_speaker.load(
      data.directory,
      data.speaker,
      share=data.held_out,
      open_split=lambda split: self._open(split).left(),
    )
    _LOG.info('%s.', parts.report)
    return parts
