"""What a pickle would call when opened, found without opening it.

Reading weights is left to torch.load(weights_only=True), which refuses to call
anything but its own. This looks first, so that a file that means harm is told
as such on a machine without PyTorch too; what is hidden from it, torch.load
still refuses.
"""

import pathlib
import pickletools
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

# Of these torch.load decides in detail.
_PACKAGES = {'torch', '__torch__', 'collections', 'numpy', '_codecs'}
_BUILTINS = {'set', 'dict', 'list', 'tuple', 'bytearray', 'complex', 'slice'}


def foreign_calls(path: pathlib.Path) -> set[str]:
  """Names of what a file's pickles refer to and weights never do.

  Args:
    path: what torch.save or torch.jit.save wrote, in either format. In a
      damaged file, what can be read is looked at.
  """
  found = set()
  with path.open('rb') as file:
    if not zipfile.is_zipfile(file):
      file.seek(0)
      return set(_foreign(file))
  try:
    with zipfile.ZipFile(path) as archive:
      for item in archive.infolist():
        if item.filename.endswith('.pkl'):
          with archive.open(item) as member:
            found |= set(_foreign(member))
  except zipfile.BadZipFile:
    pass  # The reader will say so.
  return found


def _foreign(file: BinaryIO) -> Iterator[str]:
  for module, name in _globals(file):
    package = module.partition('.')[0]
    harmless = module in ('builtins', '__builtin__') and name in _BUILTINS
    if package not in _PACKAGES and not harmless:
      yield f'{module}.{name}'


def _globals(file: BinaryIO) -> Iterator[tuple[str, str]]:
  """Module and name of everything that pickles, one after another, name."""
  try:
    while True:
      yield from _globals_of_one(file)
  except (ValueError, EOFError, OverflowError, zipfile.BadZipFile):
    return  # Here the pickles end and the numbers begin, or it is damaged.


def _globals_of_one(file: BinaryIO) -> Iterator[tuple[str, str]]:
  strings = ['', '']  # the last two pushed, which STACK_GLOBAL takes
  memo, top = {}, None  # what can be pushed again; what was pushed last
  for code, argument, _ in pickletools.genops(file):
    if code.name in ('GLOBAL', 'INST'):
      module, _, name = argument.partition(' ')
      yield module, name
    elif code.name == 'STACK_GLOBAL':
      yield strings[0], strings[1]
    if code.name == 'MEMOIZE':
      memo[len(memo)] = top
    elif 'PUT' in code.name:
      memo[int(argument)] = top
    else:
      known = memo.get(int(argument)) if 'GET' in code.name else argument
      top = known if isinstance(known, str) else None
      if top is not None and code.name not in ('GLOBAL', 'INST'):
        strings = [strings[1], top]
