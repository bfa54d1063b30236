"""What is said in each clip, as classes to learn.

A label belongs to a whole clip: one word for every slot of its sentence. GRID's
sentences have six slots, single-word clips (LRW) have one.
"""

import collections
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from input_pipeline import clip_words, intact, records


@dataclasses.dataclass(frozen=True)
class Labels:
  """Words of clips as classes.

  Attributes:
    words: what is said in a clip, by its id; None: unknown.
    slots: name of every place in the sentence.
    vocabulary: the words of every slot that training knows, sorted; a word's
      class is its place there.
    chance: share of the most frequent word of every slot in the training split:
      what one would score by always answering it.
  """

  words: clip_words.Lookup
  slots: tuple[str, ...]
  vocabulary: tuple[clip_words.Words, ...]
  chance: tuple[float, ...]

  def classes(self, clip_id: str) -> np.ndarray:
    """[slots] int32.

    Raises:
      ValueError: the clip has no label, or one that training did not have.
    """
    words = self.words(clip_id)
    if words is None:
      raise ValueError(f'{clip_id} has no label.')
    if len(words) != len(self.slots):
      raise ValueError(
        f'{clip_id} has {len(words)} words, the training clips have '
        f'{len(self.slots)}.'
      )
    for slot, word, known in zip(
      self.slots, words, self.vocabulary, strict=True
    ):
      if word not in known:
        raise ValueError(
          f'{clip_id} says {word!r} (slot {slot}), which no training clip '
          f'says. Known: {", ".join(known)}.'
        )
    pairs = zip(words, self.vocabulary, strict=True)
    return np.array([known.index(word) for word, known in pairs], np.int32)

  def description(self) -> dict[str, Any]:
    """All but the words themselves, JSON-able."""
    return {
      'slots': list(self.slots),
      'vocabulary': [list(words) for words in self.vocabulary],
      'chance': list(self.chance),
    }

  def select(self, source: Sequence[bytes]) -> 'Subset':
    """The records whose clips have labels.

    Raises:
      ValueError: none has, or a label is none that training had.
    """
    chosen = select(source, self.words)
    for clip_id in chosen.clip_ids:
      self.classes(clip_id)
    return chosen


class Subset(intact.Part):
  """Some records of a source.

  Attributes:
    clip_ids: of these records.
    report: which were left out, and why, for people.
  """

  def __init__(
    self,
    source: Sequence[bytes],
    chosen: Sequence[int],
    clip_ids: Sequence[str],
    report: str,
  ):
    super().__init__(source, chosen)
    self.clip_ids, self.report = tuple(clip_ids), report


def load(name: str, source: Sequence[bytes]) -> Labels:
  """The labels that a config names; classes are those of the training split.

  Args:
    name: 'grid', by the names of the corpus's files, or the path of a JSON file
      (`clip_words.read`).
    source: the records of the training split.

  Raises:
    OSError: there is no such file.
    ValueError: none is named, it is malformed, or no clip of the split has a
      label.
  """
  if not name:
    raise ValueError(
      'Lip reading needs labels: --config.data.labels=grid, by the file names '
      'of the GRID corpus, or --config.data.labels=PATH of a JSON file '
      '{clip id: [word, ...]}.'
    )
  words = lookup(name)
  said = [words(clip_id) for clip_id in select(source, words).clip_ids]
  counts = [collections.Counter(column) for column in zip(*said, strict=True)]
  slots = clip_words.GRID if name == 'grid' else map(str, range(len(counts)))
  return Labels(
    words=words,
    slots=tuple(slots),
    vocabulary=tuple(tuple(sorted(count)) for count in counts),
    chance=tuple(max(c.values()) / c.total() for c in counts),
  )


def select(source: Sequence[bytes], words: clip_words.Lookup) -> Subset:
  """The records of clips that have labels and are one record each.

  A clip of more than 3 s is several records; which of them says what, its
  label does not tell.

  Raises:
    ValueError: there is none.
  """
  clip_ids = [records.parse(raw).clip_id for raw in source]
  pieces = collections.Counter(clip_ids)
  labelled = [k for k, name in enumerate(clip_ids) if words(name) is not None]
  chosen = [k for k in labelled if pieces[clip_ids[k]] == 1]
  report = f'{len(chosen)} of {len(clip_ids)} records have labels'
  if cut := len(labelled) - len(chosen):
    report += f'; {cut} others are pieces of longer clips'
  if not chosen:
    example = f' such as {clip_ids[0]!r}' if clip_ids else ''
    raise ValueError(
      f'Nothing to learn words from: {report}. Their clips{example} need names '
      'of the GRID corpus (--config.data.labels=grid) or a place in the JSON '
      'file (--config.data.labels=PATH).'
    )
  return Subset(source, chosen, [clip_ids[k] for k in chosen], report)


def lookup(name: str) -> clip_words.Lookup:
  """What is said in a clip: 'grid' or the path of a JSON file, see `load`."""
  return clip_words.grid if name == 'grid' else clip_words.read(name).get
