"""What the devices of a compiled program tell each other."""

import collections
import re

# Of one device's program; "-start" where the backend lets it run on.
_OPERATION = re.compile(
  r'= (\S.*?) (all-reduce|all-gather|all-to-all|collective-permute|'
  r'reduce-scatter|collective-broadcast)(?:-start)?\('
)
_ARRAY = re.compile(r'\w+\[([\d,]*)\]')


def moved(program: str) -> dict[str, list[tuple[int, ...]]]:
  """Shapes that each kind of collective gives.

  Args:
    program: the text of a compiled program (`compiled.as_text()`).
  """
  found = collections.defaultdict(list)
  for arrays, kind in _OPERATION.findall(program):
    for axes in _ARRAY.findall(arrays):
      found[kind].append(tuple(int(n) for n in axes.split(',') if n))
  return dict(found)


def count(program: str) -> int:
  """How many operations they take, several arrays at a time."""
  return len(_OPERATION.findall(program))
