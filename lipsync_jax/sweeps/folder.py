"""The folder of a sweep: one sweep's, and one process at a time."""

import contextlib
import fcntl
import json
import logging
import pathlib
from collections.abc import Iterator
from typing import Any

from input_pipeline import whole_file

_LOG = logging.getLogger(__name__)


def note(output: pathlib.Path, about: dict[str, Any]) -> None:
  """Writes sweep.json; the same sweep may be started again, no other.

  Raises:
    ValueError: there is another one in the folder.
    OSError: it cannot be written.
  """
  path = output / 'sweep.json'
  # As it is read again: tuples are lists.
  about = json.loads(json.dumps(about))
  if path.exists():
    try:
      before = json.loads(path.read_text())
    except ValueError as error:
      raise ValueError(f'{path} cannot be read: {error}.') from error
    changed = [name for name in about if before.get(name) != about[name]]
    if changed:
      raise ValueError(
        f'{output} holds another sweep: {", ".join(changed)} differ. Choose '
        'another --output, or start it as before.'
      )
    return
  output.mkdir(parents=True, exist_ok=True)
  whole_file.write(path, json.dumps(about, indent=2) + '\n')


@contextlib.contextmanager
def hold(output: pathlib.Path) -> Iterator[Any]:
  """Keeps other sweeps out of a folder; trials inherit the lock."""
  with (output / '.lock').open('a') as lock:
    try:
      fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
      raise ValueError(
        f'{output} is in use: a sweep, or a trial that one left behind, is at '
        'work there.'
      ) from error
    except OSError:
      _LOG.warning('%s cannot be locked: start no second sweep there.', output)
    yield lock
