"""`--config=FILE[:VARIANT] --config.FIELD=VALUE`, for every command alike.

What is wrong with a command line is a `ValueError` of one line.
"""

import re
import sys
from collections.abc import Sequence

import ml_collections
from absl import flags
from ml_collections import config_flags

NAME = 'config'
HELP = 'A file in configs/, e.g. configs/wav2lip.py:gan.'


def define(
  values: flags.FlagValues = flags.FLAGS, argv: Sequence[str] | None = None
) -> flags.FlagHolder:
  """Defines --config; None for `argv`: the command line of this process."""
  return config_flags.DEFINE_config_file(
    NAME,
    None,
    HELP,
    flag_values=values,
    sys_argv=None if argv is None else list(argv),
  )


def parse(
  argv: Sequence[str], values: flags.FlagValues = flags.FLAGS
) -> list[str]:
  """Reads a command line, `argv[0]` being the program.

  Returns:
    The program and what is no flag.

  Raises:
    ValueError: a flag, a file, a variant, a field or a value is wrong.
  """
  try:
    rest = values(argv)
    config = values[NAME].value
    if config is not None:
      config.is_locked  # noqa: B018 - a file that was not found fails here.
  except flags.Error as error:
    raise ValueError(_reason(argv, str(error))) from error
  except OSError as error:
    raise ValueError(f'There is no config file {_path(argv)}.') from error
  except SyntaxError as error:
    raise ValueError(f'{_path(argv)} is no Python: {error}.') from error
  except (AttributeError, KeyError) as error:
    said = str(error).replace('\\', '')  # an error quoted within an error
    word = _unknown_field(argv, said)
    if word is None:
      raise  # A mistake in the config file itself.
    meant = re.search('Did you mean "(.+?)"', said)
    raise ValueError(
      f'{_path(argv)} has no field for {word}; '
      + (
        f'did you mean {meant[1]}?'
        if meant
        else 'configs/common.py names the fields of all, the file its own.'
      )
    ) from error
  return rest


def parse_or_exit(argv: Sequence[str]) -> list[str]:
  """`parse` for `absl.app.run`: says what is wrong and ends with code 2."""
  try:
    return parse(argv)
  except ValueError as error:
    print(f'error: {error}', file=sys.stderr)
    sys.exit(2)


def read(words: Sequence[str]) -> ml_collections.ConfigDict:
  """The config of --config=FILE and --config.FIELD=VALUE, without global flags.

  Raises:
    ValueError: see `parse`; or there is no --config, or there are other words.
  """
  argv = ['', *words]
  if not _path(argv):
    raise ValueError(f'--{NAME} is missing. {HELP}')
  values = flags.FlagValues()
  holder = define(values, argv)
  others = parse(argv, values)[1:]
  if others:
    raise ValueError(f'Unknown arguments: {" ".join(others)}.')
  return holder.value


def _path(argv: Sequence[str]) -> str:
  """The config file that was asked for, as it was written."""
  for word, following in zip(argv, [*argv[1:], ''], strict=True):
    name, given, value = word.partition('=')
    if word.startswith('-') and name.lstrip('-') == NAME:
      return value if given else following
  return ''


def _unknown_field(argv: Sequence[str], said: str) -> str | None:
  """The override that names the field an error is about."""
  for word in argv:
    name, _, _ = word.lstrip('-').partition('=')
    head, *path = name.split('.')
    # A missing name is quoted alone; below a number the whole path is given.
    told = any(f"'{part}'" in said for part in path)
    if head == NAME and path and (told or f': {".".join(path)}' in said):
      return word
  return None


def _reason(argv: Sequence[str], message: str) -> str:
  """ml_collections puts a traceback into its messages; the end says what."""
  last = message.strip().splitlines()[-1]
  if 'get_config() takes 0' in last:
    path, _, variant = _path(argv).partition(':')
    return f'{path} has no variants, so none called {variant!r}.'
  return last.removeprefix('ValueError: ').removeprefix('TypeError: ')
