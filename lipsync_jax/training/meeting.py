"""Processes meet before JAX connects them, to say what is wrong if it is.

JAX ends a process without a Python exception where a coordinator cannot be
reached, somebody does not come, or two have the same number. Here everyone
calls on process 0, at the address that JAX takes next, and says who he is.
"""

import contextlib
import errno
import json
import socket
import time
from collections.abc import Iterator

_PAUSE = 0.2  # seconds between two tries
# Of process 0, for the port: that of a run just stopped is free by then.
_PORT_SECONDS = 15.0
_GREETING = 'lipsync_jax'


def meet(
  address: str, *, num_processes: int, process_id: int, timeout: float
) -> None:
  """Returns when all processes have come, in each of them.

  Args:
    address: HOST:PORT of process 0.
    num_processes: how many there are.
    process_id: this one, from 0.
    timeout: in seconds.

  Raises:
    ValueError: some did not come, or they were told different numbers.
    OSError: process 0 cannot be reached, or cannot listen there.
  """
  host, port = split(address)
  deadline = time.monotonic() + timeout
  if process_id:
    _call(host, port, [process_id, num_processes], timeout, deadline)
  elif num_processes > 1:
    _receive(host, port, num_processes, timeout, deadline)


def split(address: str) -> tuple[str, int]:
  """HOST and PORT of HOST:PORT, or of [HOST]:PORT where HOST has colons.

  Raises:
    ValueError: it is no such thing.
  """
  host, _, port = address.rpartition(':')
  if not host or not port.isdecimal() or not 0 < int(port) < 65536:
    raise ValueError(
      f'The address of process 0 is HOST:PORT, e.g. 10.0.0.1:8476, not '
      f'{address!r}.'
    )
  return host.strip('[]'), int(port)


def listening_address(address: str) -> str:
  """Where process 0 listens: on this machine alone if that is its address."""
  host, port = split(address)
  if host == 'localhost' or host.startswith('127.') or host == '::1':
    return address
  return f'[::]:{port}'


def _receive(host, port, count, timeout, deadline) -> None:
  """Process 0: hears everyone, then tells everyone what came of it."""
  callers: dict[int, socket.socket] = {}
  problem = None
  with contextlib.ExitStack() as stack:
    server = stack.enter_context(_listen(host, port, deadline))
    while problem is None and len(callers) < count - 1:
      try:
        caller, who, told = _next(server, deadline)
      except TimeoutError:
        missing = sorted(set(range(1, count)) - set(callers))
        problem = (
          f'{len(missing)} of {count} processes did not come to {host}:{port} '
          f'within {timeout:.0f} s: {", ".join(map(str, missing))}. Start one '
          'for every --process_id, see what they say, or wait longer with '
          '--start_timeout=SECONDS.'
        )
        break
      stack.enter_context(caller)
      problem = _objection(who, told, count, callers)
      callers[-1 if problem else who] = caller
    for caller in callers.values():
      with contextlib.suppress(OSError):
        caller.sendall((json.dumps({'problem': problem}) + '\n').encode())
  if problem:
    raise ValueError(problem)


def _objection(who, told, count, callers) -> str | None:
  if told != count:
    return (
      f'Process {who} was started with --num_processes={told}, process 0 with '
      f'{count}. Give all the same.'
    )
  if who in callers or who == 0:
    return (
      f'Two processes have --process_id={who}. Number them from 0 to '
      f'{count - 1}.'
    )
  return None


@contextlib.contextmanager
def _listen(host, port, deadline) -> Iterator[socket.socket]:
  local = not listening_address(f'{host}:{port}').startswith('[::]')
  until = min(deadline, time.monotonic() + _PORT_SECONDS)
  while True:
    try:
      # All addresses of this machine: HOST may be one it does not know of.
      server = socket.create_server((host if local else '', port))
      break
    except OSError as error:
      if error.errno != errno.EADDRINUSE or time.monotonic() > until:
        raise OSError(
          f'Process 0 cannot listen on port {port}: {error.strerror}. Another '
          'run may be there: choose another port.'
        ) from error
      time.sleep(_PAUSE)
  with server:
    yield server


def _next(server, deadline) -> tuple[socket.socket, int, int]:
  """The next caller, who he is, and how many he was told there are."""
  while True:
    server.settimeout(max(deadline - time.monotonic(), 0.01))
    caller, _ = server.accept()
    # Anybody may knock at a port.
    with contextlib.suppress(OSError, ValueError):
      caller.settimeout(5)
      with caller.makefile('r') as lines:
        greeting, who, told = json.loads(lines.readline(200))
      if greeting == _GREETING:
        return caller, int(who), int(told)
    caller.close()


def _call(host, port, who, timeout, deadline) -> None:
  """The others: call on process 0, and wait for what it says."""
  reason = 'it hung up'
  while time.monotonic() < deadline:
    left = max(deadline - time.monotonic(), 0.01)
    try:
      with socket.create_connection((host, port), timeout=left) as connection:
        connection.sendall((json.dumps([_GREETING, *who]) + '\n').encode())
        # It says what is missing when its own time is up.
        connection.settimeout(left + 30)
        with connection.makefile('r') as lines:
          answer = json.loads(lines.readline())
    except OSError as error:
      reason = error.strerror or str(error)
    except ValueError:  # The port is another's, or process 0 has ended.
      reason = 'it hung up'
    else:
      if answer['problem']:
        raise ValueError(answer['problem'])
      return
    time.sleep(_PAUSE)
  raise OSError(
    f'Process 0 cannot be reached at {host}:{port} within {timeout:.0f} s '
    f'({reason}). Is it running, is this its address, is the port open? Wait '
    'longer with --start_timeout=SECONDS.'
  )
