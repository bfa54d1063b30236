"""Data sets some of whose records are damaged: the others serve for them.

Disks and copies go wrong. Every record is checked when it is read; a damaged
one is told of once, counted, and not used.
"""

import logging
import threading
from collections.abc import Sequence
from typing import Any

from input_pipeline import records, tf_example, tfrecord

_LOG = logging.getLogger(__name__)


class Damage:
  """The damaged records of a run, however many sources read them.

  `len()` tells how many were found. Can be used from several threads.

  Args:
    allowed: how many may be.
  """

  def __init__(self, allowed: int):
    self._allowed, self._found = allowed, {}
    self._lock = threading.Lock()

  def __len__(self) -> int:
    return len(self._found)

  def __getstate__(self):
    return {**self.__dict__, '_lock': None}

  def __setstate__(self, state):
    self.__dict__.update(state, _lock=threading.Lock())

  def add(self, record: str, how: str) -> None:
    """Tells of a record, the first time.

    Args:
      record: its number and place.
      how: what is wrong with it.

    Raises:
      ValueError: these are more than allowed.
    """
    with self._lock:
      new = record not in self._found
      self._found.setdefault(record, how)
      if len(self._found) > self._allowed:
        raise ValueError(self._words())
    if new:
      _LOG.warning('%s is damaged and not used: %s.', record, how)

  def _words(self) -> str:
    count, names = len(self._found), []
    for record, how in self._found.items():
      names.append(f'{record}: {how}')
    return (
      f'{count} {"record is" if count == 1 else "records are"} damaged, more '
      f'than the {self._allowed} that --config.data.max_damaged allows. Copy '
      'or prepare these shards again (python -m tools.prepare), or allow '
      f'more. {"; ".join(names)}.'
    )


class Part(Sequence[bytes]):
  """Some records of a source, by their numbers there."""

  def __init__(self, source: Sequence[bytes], numbers: Sequence[int]):
    self._source, self._numbers = source, list(numbers)

  def __len__(self) -> int:
    return len(self._numbers)

  def __getitem__(self, k: int) -> bytes:
    return self._source[self._numbers[k]]


class Intact(Sequence[bytes]):
  """A source in which the next intact record stands for a damaged one.

  So what record k is depends on the files alone, and batch k stays a function
  of the seed and k. Damaged is what the source's `check` refuses and what
  `records.parse` does. Can be pickled and read from several threads.

  Args:
    source: usually `shards.load_split(..., check=True)`.
    damage: where damaged records are counted.
  """

  def __init__(self, source: Sequence[bytes], damage: Damage):
    self._source, self._damage = source, damage
    # Its checksum tells that a record is what was parsed once.
    self._parsed, self._bad = bytearray(len(source)), set()

  def __len__(self) -> int:
    return len(self._source)

  def __getitem__(self, k: int) -> bytes:
    if not 0 <= k < len(self):
      raise IndexError(f'Record {k} of {len(self)}.')
    for other in range(k, k + len(self)):
      data = self._read(other % len(self))
      if data is not None:
        return data
    raise ValueError(f'None of the {len(self)} records is intact.')

  def left(self) -> Part:
    """The intact ones, each once; reads all.

    What is damaged later is replaced, as in the whole.
    """
    found = (k for k in range(len(self)) if self._read(k) is not None)
    return Part(self, list(found))

  def _read(self, k: int) -> bytes | None:
    """Record k, or None if it is damaged."""
    if k in self._bad:
      return None
    data = b''
    try:
      data = self._source[k]
      if not self._parsed[k]:
        records.parse(data)
        self._parsed[k] = 1
      return data
    except tfrecord.DamagedRecordError as error:
      self._refuse(k, error.how, error.data)
    except ValueError as error:
      self._refuse(k, str(error).rstrip('.'), data)
    return None

  def _refuse(self, k: int, how: str, data: bytes) -> None:
    place: Any = getattr(self._source, 'place', None)
    where = f'Record {k}' + (f' ({place(k)})' if place else '')
    clip = tf_example.find_text(data, 'clip_id')
    self._damage.add(where, how + (f', clip {clip!r}' if clip else ''))
    self._bad.add(k)
