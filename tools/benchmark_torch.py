"""The original Wav2Lip in PyTorch, from a checkout that the user made.

Nothing of it is kept here: `git clone https://github.com/Rudrabha/Wav2Lip` and
give the folder. Its networks take their first weights by chance, which costs
as much time as trained ones.
"""

import copy
import importlib.util
import pathlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tools import benchmark_table

_NAME = 'wav2lip_of_the_user'
# Ways to run a network: memory layout, bfloat16, torch.compile.
SETTINGS = {
  'eager float32': (False, False, False),
  'channels_last': (True, False, False),
  'bfloat16': (False, True, False),
  'channels_last, bfloat16': (True, True, False),
  'channels_last, bfloat16, compiled': (True, True, True),
}


def load(checkout: pathlib.Path) -> Any:
  """The package `models` of a checkout.

  Raises:
    ValueError: that is no checkout of Wav2Lip, or PyTorch is not installed.
  """
  file = pathlib.Path(checkout) / 'models' / '__init__.py'
  if not file.is_file():
    raise ValueError(
      f'{checkout} has no models/__init__.py: give a checkout of '
      'github.com/Rudrabha/Wav2Lip.'
    )
  # A name of our own: its imports are relative, and `models` is anybody's.
  spec = importlib.util.spec_from_file_location(
    _NAME, file, submodule_search_locations=[str(file.parent)]
  )
  package = importlib.util.module_from_spec(spec)
  sys.modules[_NAME] = package
  try:
    spec.loader.exec_module(package)
  except ModuleNotFoundError as error:
    raise ValueError(
      f'The reference needs {error.name}, which is not installed: pip install '
      "-e '.[torch]'"
    ) from error
  finally:
    del sys.modules[_NAME]
  return package


def shares(
  times: Sequence[float], theirs: Mapping[str, Sequence[float]]
) -> dict[str, str]:
  """Cells of a table: a program's time by that of the reference, in its turns.

  Args:
    times: seconds, of each round.
    theirs: those of the reference by `SETTINGS`; {}: it was not measured.
  """
  if not theirs:
    return {}
  best = min(theirs, key=lambda name: np.median(theirs[name]))
  return {
    title: benchmark_table.spread(np.divide(times, theirs[setting]))
    for title, setting in (
      ('time / eager float32', 'eager float32'),
      ('time / its best', best),
    )
  }


def calls(
  network: Any, inputs: Sequence[Any], names: Sequence[str] = tuple(SETTINGS)
) -> Iterator[tuple[str, Callable[[], Any]]]:
  """The network without gradients, in each of its settings that works here.

  Args:
    network: a torch.nn.Module.
    inputs: numpy arrays, float32.
    names: of `SETTINGS`.

  Yields:
    Its name, and a call that has run once.
  """
  import torch

  device = 'cuda' if torch.cuda.is_available() else 'cpu'
  network = network.eval().to(device)
  tensors = [torch.from_numpy(array).to(device) for array in inputs]
  for name in names:
    last, half, compiled = SETTINGS[name]
    layout = torch.channels_last if last else torch.contiguous_format
    # Layout is a matter of the weights too, so each setting has its own.
    mine = copy.deepcopy(network).to(memory_format=layout)
    given = [tensor.to(memory_format=layout) for tensor in tensors]
    if compiled:
      mine = torch.compile(mine)

    def call(mine=mine, given=given, half=half):
      half = torch.autocast(device, dtype=torch.bfloat16, enabled=half)
      with torch.inference_mode(), half:
        made = mine(*given)
      if device == 'cuda':
        torch.cuda.synchronize()
      return made

    try:
      call()
    except Exception as error:  # noqa: BLE001 - torch.compile raises any kind.
      first = str(error).strip().splitlines() or [type(error).__name__]
      print(f'{name} does not work here: {first[0][:120]}', file=sys.stderr)
      continue
    yield name, call
