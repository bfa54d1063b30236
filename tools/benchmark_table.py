"""What benchmarks print: the machine, and medians with their range."""

import importlib.metadata
import os
import pathlib
import platform
import re
import resource
from collections.abc import Sequence

import numpy as np

_CPU_INFO = pathlib.Path('/proc/cpuinfo')
_STATUS = pathlib.Path('/proc/self/status')


def machine(packages: Sequence[str], *, device: str = '') -> str:
  """One paragraph: processor, accelerator, versions, and what else ran."""
  model = platform.processor() or platform.machine()
  if _CPU_INFO.exists():
    found = re.search(r'model name\s*: (.*)', _CPU_INFO.read_text())
    model = found.group(1) if found else model
  versions = ', '.join(
    f'{name} {importlib.metadata.version(name)}' for name in packages
  )
  parts = [
    f'{model}, {os.cpu_count()} cores',
    *([device] if device else []),
    f'{platform.system()}, Python {platform.python_version()}, {versions}',
    f'load average at the end {os.getloadavg()[0]:.1f}',
  ]
  return '; '.join(parts) + '.'


def peak_memory() -> float:
  """The most memory this process has had in RAM, MB."""
  if _STATUS.exists():
    # Not getrusage: of a new process that counts its parent's memory too.
    found = re.search(r'VmHWM:\s*(\d+) kB', _STATUS.read_text())
    return int(found.group(1)) * 1024 / 1e6
  peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
  return peak / 1e6  # bytes on macOS


def spread(values: Sequence[float], digits: int = 3) -> str:
  """'12.3 (11.9-14.0)': median, least and greatest, rounded."""
  low, middle, high = np.quantile(values, (0, 0.5, 1))
  low, middle, high = (number(v, digits) for v in (low, middle, high))
  return f'{middle} ({low}-{high})'


def number(value: float, digits: int = 3) -> str:
  """`digits` significant digits, but never less than the whole number."""
  if value == 0:
    return '0'
  decimals = digits - 1 - int(np.floor(np.log10(abs(value))))
  return f'{value:.{max(0, decimals)}f}'


def table(rows: Sequence[dict[str, str]]) -> str:
  """A Markdown table; the keys of the rows are its head."""
  names = list(rows[0])
  lines = [names, ['---'] * len(names)]
  lines += [[row[name] for name in names] for row in rows]
  return '\n'.join(f'| {" | ".join(line)} |' for line in lines)
