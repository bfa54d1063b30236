"""The command line of a trial, as W&B's agent builds it."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

_VARIABLE = re.compile(r'\$\{envvar:([A-Z0-9_]*)\}')


def build(
  command: Sequence[str], program: str, values: Mapping[str, Any]
) -> list[str]:
  """Fills in the macros of a sweep's command.

  Args:
    command: words. '${env}', '${interpreter}', '${program}', '${args}' and the
      other forms of args that W&B has are replaced whole; '${envvar:NAME}' is
      replaced within words, by NAME where the variable is not set.
    program: path of a script.
    values: of the trial's parameters.

  Returns:
    The words. The interpreter is the one that runs now.
  """
  macros = _arguments(values) | {
    'env': ['/usr/bin/env'],
    'interpreter': [sys.executable],
    'program': [program],
  }
  words = []
  for word in command:
    word = _VARIABLE.sub(lambda m: os.environ.get(m[1], m[1]), word)
    if word.startswith('${') and word.endswith('}'):
      words += macros.get(word[2:-1], [])
    else:
      words.append(word)
  return words


def _arguments(values: Mapping[str, Any]) -> dict[str, list[str]]:
  """All forms of the parameters."""
  pairs = [f'{name}={value}' for name, value in values.items()]
  return {
    'args': [f'--{pair}' for pair in pairs],
    'args_no_hyphens': pairs,
    'args_no_equals': [
      word
      for name, value in values.items()
      for word in (f'--{name}', str(value))
    ],
    'args_no_boolean_flags': [
      f'--{name}' if value is True else f'--{name}={value}'
      for name, value in values.items()
      if value is not False
    ],
    'args_append_hydra': [f'+{pair}' for pair in pairs],
    'args_override_hydra': [f'++{pair}' for pair in pairs],
    'args_json': [json.dumps(dict(values))],
  }
