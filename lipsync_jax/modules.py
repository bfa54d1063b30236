"""Tasks and networks by name: ours, or those of a file of the user's."""

import importlib
import types


def find(package: str, name: str) -> types.ModuleType:
  """The module `package`.`name`, or else `name` wherever Python finds it.

  So a new family is one file beside the data: `python -m` looks for modules in
  the current folder first.

  Raises:
    ValueError: there is neither.
  """
  for full in (f'{package}.{name}', name):
    try:
      return importlib.import_module(full)
    except ModuleNotFoundError as error:
      # An import that fails inside the module is for its author to see.
      if not f'{full}.'.startswith(f'{error.name}.'):
        raise
    except (ImportError, ValueError, TypeError):
      break
  where = package.replace('.', '/')
  raise ValueError(f'No module {name!r} in {where} or in the current folder.')
