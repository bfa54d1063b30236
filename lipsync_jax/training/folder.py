"""The folder of a run: one run at a time, and what became of it.

WORKDIR/run.json says which process trains here, how far it is saved and how it
ended; `tools.runs` lists it.
"""

import contextlib
import datetime
import fcntl
import json
import logging
import os
import pathlib
import socket
from collections.abc import Iterator
from typing import Any

from input_pipeline import whole_file
from lipsync_jax.training import interruption

_LOG = logging.getLogger(__name__)

_LOCK = '.lock'
_STATE = 'run.json'


class InUseError(ValueError):
  """Another run is at work in this folder."""


class RunFolder:
  """Holds a folder for one run; see `hold`."""

  def __init__(self, path: pathlib.Path, num_steps: int, *, writes: bool):
    self.path, self._writes = path, writes
    before = read(path)
    self._about: dict[str, Any] = {
      'state': 'running',
      'pid': os.getpid(),
      'host': socket.gethostname(),
      'step': 0,
      'num_steps': num_steps,
      'started': _now(),
      'ended': None,
      'error': None,
      # How often it was started again.
      'resumed': before.get('resumed', -1) + 1,
    }

  def tell(self, **changes: Any) -> None:
    """Changes fields of run.json, e.g. step=1000."""
    self._about |= changes
    self._write(_STATE, json.dumps(self._about, indent=2) + '\n')

  def note_config(self, text: str) -> None:
    """Writes config.json; says what is not as when the run was begun."""
    path = self.path / 'config.json'
    with contextlib.suppress(OSError, ValueError):
      before = json.loads(path.read_text())
      if changed := _differences(before, json.loads(text)):
        _LOG.warning('Not as at the last start: %s.', '; '.join(changed))
    self._write(path.name, text)

  def _write(self, name: str, text: str) -> None:
    if self._writes:
      whole_file.write(self.path / name, text)

  def end(self, state: str, error: BaseException | None = None) -> None:
    """The last word; a full disk must not hide why a run failed."""
    said = None if error is None else str(error) or type(error).__name__
    with contextlib.suppress(OSError):
      self.tell(state=state, ended=_now(), error=said)


@contextlib.contextmanager
def hold(
  path: pathlib.Path, *, num_steps: int, writes: bool = True
) -> Iterator[RunFolder]:
  """Makes the folder, keeps others out, and notes how the run ends.

  A lock of the system keeps others out, which ends with the process, however
  that ends.

  Args:
    path: of the run.
    num_steps: how long it is to be.
    writes: False for hosts that leave this to the first one.

  Raises:
    InUseError: another run is at work there.
    OSError: it cannot be written.
  """
  folder = RunFolder(path, num_steps, writes=writes)
  if not writes:
    yield folder
    return
  path.mkdir(parents=True, exist_ok=True)
  with (path / _LOCK).open('a') as lock:
    _take(lock, path)
    folder.tell()
    try:
      yield folder
    except (interruption.Stopped, KeyboardInterrupt) as error:
      folder.end('stopped', error)
      raise
    except BaseException as error:
      folder.end('failed', error)
      raise
    folder.end('finished')


def read(path: pathlib.Path) -> dict[str, Any]:
  """What run.json says; {} if there is none that can be read."""
  try:
    found = json.loads((path / _STATE).read_text())
  except (OSError, ValueError):
    return {}
  return found if isinstance(found, dict) else {}


def _differences(before: Any, now: Any, name: str = 'config') -> list[str]:
  if not (isinstance(before, dict) and isinstance(now, dict)):
    return [] if before == now else [f'{name} was {before}, is {now}']
  found = []
  for key in sorted(before.keys() | now.keys()):
    found += _differences(before.get(key), now.get(key), f'{name}.{key}')
  return found


def _take(lock, path: pathlib.Path) -> None:
  try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
  except BlockingIOError as error:
    about = read(path)
    raise InUseError(
      f'{path} is in use by another run (process {about.get("pid")} on '
      f'{about.get("host")}, since {about.get("started")}): wait for it, stop '
      'it, or give another --workdir.'
    ) from error
  except OSError:
    # Some network file systems have no locks.
    _LOG.warning('%s cannot be locked: start no second run there.', path)


def _now() -> str:
  return datetime.datetime.now().astimezone().isoformat(timespec='seconds')
