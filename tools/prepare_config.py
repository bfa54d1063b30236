"""The numbers of the preparation, from configs/prepare.py and the command."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

from input_pipeline.preparation import prepare_video, selection
from lipsync_jax import config_flag

_MEASURED = '--config.select.min_confidence=None'
_DEFAULT = pathlib.Path(__file__).parents[1] / 'configs' / 'prepare.py'


@dataclasses.dataclass(frozen=True)
class Config:
  """What a command line asks for.

  Attributes:
    decoding: fields of `prepare_video.Options` but the detector's.
    thresholds: see `selection`.
  """

  decoding: dict[str, Any]
  thresholds: selection.Thresholds

  def options(
    self, *, detector: str, model_path: str | None
  ) -> prepare_video.Options:
    """With a detector.

    Raises:
      ValueError: a number is out of range.
    """
    # S3FD is given ready made; its name stands for it.
    return prepare_video.Options(
      detector=detector, model_path=model_path, **self.decoding
    )


def read(words: Sequence[str]) -> Config:
  """From --config=FILE and --config.FIELD=VALUE; the file may be left out.

  Raises:
    ValueError: a word, a field or a value is wrong.
  """
  if not any(word.partition('=')[0] == '--config' for word in words):
    words = [f'--config={_DEFAULT}', *words]
  measured = [word for word in words if word == _MEASURED]
  try:
    config = config_flag.read([w for w in words if w != _MEASURED])
    if measured:  # A number on a command line cannot be None.
      config.select.min_confidence = None
    thresholds = selection.Thresholds(**config.select.to_dict())
    return Config(config.decoding.to_dict(), thresholds)
  except (AttributeError, KeyError, TypeError) as error:
    raise ValueError(
      f'This config is not one of tools.prepare, see --help-config: {error}.'
    ) from error


def changed(
  words: Sequence[str], before: selection.Thresholds
) -> selection.Thresholds:
  """What was chosen by before, with what a command line says of it.

  A file (--config=FILE) says all of it, --config.select.FIELD that field.

  Raises:
    ValueError: as `read`; or a word is about decoding.
  """
  if any(word.startswith('--config.decoding.') for word in words):
    raise ValueError(
      'Fields of decoding need the videos to be decoded again: use --videos '
      'and --overwrite.'
    )
  now = read(words).thresholds
  if any(word.partition('=')[0] == '--config' for word in words):
    return now
  given = [
    word.removeprefix('--config.select.').partition('=')[0] for word in words
  ]
  return dataclasses.replace(before, **{k: getattr(now, k) for k in given})


def describe() -> str:
  """Every field with its default, and what the classes behind it say."""
  found = config_flag.read([f'--config={_DEFAULT}'])
  lines = []
  for name, kind in (
    ('decoding', prepare_video.Options),
    ('select', selection.Thresholds),
  ):
    lines += [f'--config.{name}.{k}={v}' for k, v in found[name].items()]
    about = kind.__doc__.partition('Attributes:')[2].rstrip()
    lines += [about.strip('\n'), '']
  return '\n'.join(lines).rstrip()
