"""Many processes that train as one: how they find each other.

By a launcher that JAX knows, by three flags, or by the environment.
"""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import jax
from absl import flags

from lipsync_jax.training import meeting

# The flags are those of the command that calls `define`.
flags.disclaim_key_flags()

_VARIABLES = {
  'coordinator_address': 'JAX_COORDINATOR_ADDRESS',
  'num_processes': 'JAX_NUM_PROCESSES',
  'process_id': 'JAX_PROCESS_ID',
}


@dataclasses.dataclass(frozen=True)
class Launch:
  """How a process finds the others.

  Attributes:
    coordinator_address: HOST:PORT of process 0; None: JAX finds out all three
      from the launcher.
    num_processes: how many there are.
    process_id: this one, from 0.
    start_timeout: seconds until all must have come.
    heartbeat_timeout: seconds after which a silent host counts as dead.
  """

  coordinator_address: str | None = None
  num_processes: int | None = None
  process_id: int | None = None
  start_timeout: int = 300
  heartbeat_timeout: int = 100


def define(values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines the flags that `from_flags` reads."""
  flags.DEFINE_enum(
    'hosts', None, ['auto'],
    'auto: several processes train as one, as started by a Cloud TPU pod, '
    'SLURM, Kubernetes (JobSet) or Open MPI.', flag_values=values,
  )  # fmt: skip
  flags.DEFINE_string(
    'coordinator_address', None,
    'HOST:PORT of process 0, to start several by hand, each with its '
    '--process_id; else JAX_COORDINATOR_ADDRESS.', flag_values=values,
  )  # fmt: skip
  flags.DEFINE_integer(
    'num_processes', None, 'How many there are; else JAX_NUM_PROCESSES.',
    lower_bound=1, flag_values=values,
  )  # fmt: skip
  flags.DEFINE_integer(
    'process_id', None, 'Which this one is, from 0; else JAX_PROCESS_ID.',
    lower_bound=0, flag_values=values,
  )  # fmt: skip
  flags.DEFINE_integer(
    'start_timeout', 300, 'Seconds until all processes must have come.',
    lower_bound=1, flag_values=values,
  )  # fmt: skip
  flags.DEFINE_integer(
    'heartbeat_timeout', 100,
    'Seconds after which a silent process counts as dead and ends all.',
    lower_bound=5, flag_values=values,
  )  # fmt: skip


def from_flags(
  values: flags.FlagValues = flags.FLAGS,
  environ: Mapping[str, str] = os.environ,
) -> Launch | None:
  """What the command line, else the environment, says; None: one process.

  Raises:
    ValueError: it is incomplete or contradicts itself.
  """
  timeouts = {
    n: values[n].value for n in ('start_timeout', 'heartbeat_timeout')
  }
  found: dict[str, Any] = {
    name: environ.get(variable, None) if values[name].value is None
    else values[name].value
    for name, variable in _VARIABLES.items()
  }  # fmt: skip
  if values['hosts'].value == 'auto':
    if given := [n for n in _VARIABLES if values[n].value is not None]:
      raise ValueError(
        f'--hosts=auto finds out --{given[0]}: give one of them.'
      )
    return Launch(**timeouts)
  missing = [name for name, value in found.items() if value is None]
  if len(missing) == len(found):
    return None
  if missing:
    raise ValueError(
      f'--{missing[0]} (or {_VARIABLES[missing[0]]}) is missing: several '
      f'processes need {", ".join(f"--{name}" for name in found)}, or '
      '--hosts=auto.'
    )
  for name in ('num_processes', 'process_id'):
    try:
      found[name] = int(found[name])
    except ValueError as error:
      raise ValueError(
        f'{_VARIABLES[name]}={found[name]!r} is no number.'
      ) from error
  if not 0 <= found['process_id'] < found['num_processes']:
    raise ValueError(
      f'process_id={found["process_id"]} of num_processes='
      f'{found["num_processes"]}: number them from 0 to '
      f'{found["num_processes"] - 1}.'
    )
  meeting.split(found['coordinator_address'])
  return Launch(**found, **timeouts)


def start(launch: Launch | None) -> None:
  """Connects the processes; before any other call of JAX that needs devices.

  Raises:
    ValueError: they were told different numbers, or some did not come.
    OSError: process 0 cannot be reached.
  """
  if launch is None:
    return
  # Whoever gets SIGTERM tells the others: see `agree_to_stop`.
  jax.config.update('jax_enable_preemption_service', True)
  limits = {
    'initialization_timeout': launch.start_timeout,
    'heartbeat_timeout_seconds': launch.heartbeat_timeout,
  }
  address = launch.coordinator_address
  if address is None:
    _start_as_launched(limits)
    return
  meeting.meet(
    address,
    num_processes=launch.num_processes,
    process_id=launch.process_id,
    timeout=launch.start_timeout,
  )
  jax.distributed.initialize(
    address,
    launch.num_processes,
    launch.process_id,
    # Each process has the devices it sees, which is what was asked for by hand.
    cluster_detection_method='deactivate',
    coordinator_bind_address=meeting.listening_address(address),
    **limits,
  )


def _start_as_launched(limits: dict[str, int]) -> None:
  try:
    jax.distributed.initialize(**limits)
  except (ValueError, RuntimeError) as error:
    raise ValueError(
      f'--hosts=auto does not find the other processes ({error}). It knows '
      'Cloud TPU pods, SLURM (srun), Kubernetes (with the package kubernetes) '
      'and Open MPI; else give --coordinator_address=HOST:PORT, '
      '--num_processes and --process_id.'
    ) from error
