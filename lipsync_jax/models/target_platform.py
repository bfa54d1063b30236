"""What a program that is being traced will run on."""

import contextlib
import contextvars
from collections.abc import Iterator

import jax

_PLATFORM = contextvars.ContextVar('platform', default='')


@contextlib.contextmanager
def tracing_for(name: str) -> Iterator[None]:
  """What is traced inside will run on 'cpu', 'gpu' or 'tpu'.

  For programs that are lowered on one machine to run on another: without it the
  machine that traces decides.
  """
  token = _PLATFORM.set(name)
  try:
    yield
  finally:
    _PLATFORM.reset(token)


def is_cpu() -> bool:
  """Whether to write what XLA's CPU backend runs well."""
  return (_PLATFORM.get() or jax.default_backend()) == 'cpu'
