"""Reads the lips of a prepared data set, and counts what is right.

  python -m tools.read_lips --checkpoint runs/words --data data/grid

Every labelled clip of the split counts once. `chance` is what one would expect
from always answering the word that training heard most.
"""

import argparse
import sys

import numpy as np
import tqdm

from input_pipeline import clip_words, labels, records, shards, windows
from lipsync_jax import compilation_cache
from lipsync_jax.inference import lips


def main(argv: list[str] | None = None) -> int:
  arguments = _parser().parse_args(argv)
  compilation_cache.enable()
  try:
    reader = lips.LipReader(arguments.checkpoint)
    said, read = score(
      reader,
      arguments.data,
      arguments.split,
      arguments.labels or reader.trained_with,
      show=arguments.show,
    )
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  print(report(reader, said, read))
  return 0


def score(
  reader: lips.LipReader, data: str, split: str, name: str, *, show: bool
) -> tuple[list[clip_words.Words], list[clip_words.Words]]:
  """The words said in every labelled clip of a split, and the words read.

  Raises:
    OSError: there is no such data, or no such file of labels.
    ValueError: no clip has a label, or labels have other slots.
  """
  words = labels.lookup(name)
  source = labels.select(shards.load_split(data, split), words)
  print(f'{split}: {source.report}')
  said, read = [], []
  for raw, clip_id in zip(
    tqdm.tqdm(source, unit='clip'), source.clip_ids, strict=True
  ):
    truth = words(clip_id)
    if len(truth) != len(reader.slots):
      raise ValueError(
        f'{clip_id} has {len(truth)} words, the reader {len(reader.slots)}.'
      )
    said.append(truth)
    record = records.parse(raw)
    read.append(reader(windows.all_frames(record, reader.image_size)))
    if show:
      tqdm.tqdm.write(f'{clip_id}: {" ".join(truth)} | {" ".join(read[-1])}')
  return said, read


def report(
  reader: lips.LipReader,
  said: list[clip_words.Words],
  read: list[clip_words.Words],
) -> str:
  """A table: slot, share of right words, chance, words to choose from."""
  right = (np.array(said) == np.array(read)).mean(0)
  rows = [f'{"slot":<12} accuracy  chance  words']
  for slot, share, chance, words in zip(
    reader.slots, right, reader.chance, reader.vocabulary, strict=True
  ):
    rows.append(f'{slot:<12} {share:8.3f} {chance:7.3f} {len(words):6d}')
  chance = np.mean(reader.chance)
  rows.append(f'{"mean":<12} {right.mean():8.3f} {chance:7.3f}')
  return '\n'.join([*rows, f'{len(said)} clips'])


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.read_lips',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--checkpoint', required=True, help='workdir of configs/lip_reading.py')
  add('--data', required=True, help='what tools.prepare wrote')
  add('--split', default='validation')
  add('--labels', help="'grid' or a JSON file (default: as in training)")
  add('--show', action='store_true', help='print what is said | what is read')
  return parser


if __name__ == '__main__':
  sys.exit(main())
