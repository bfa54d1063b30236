"""The choice of what computes a generator, as the commands offer it."""

import argparse
from collections.abc import Callable
from typing import Any

# Those of inference.backends, which would wait for JAX.
BACKENDS = ('xla', 'onnxruntime', 'openvino')
PRECISIONS = ('float32', 'bfloat16')


def add_arguments(add: Callable[..., Any]) -> None:
  """--backend and --precision; `add` is a parser's `add_argument`."""
  add(
    '--backend',
    choices=BACKENDS,
    default='xla',
    help='what computes the network: xla (default), or on a CPU, faster, '
    "onnxruntime or openvino: pip install -e '.[fast]'",
  )
  add(
    '--precision',
    choices=PRECISIONS,
    help='bfloat16 with openvino is fastest on CPUs that have it (default: '
    'float32, or with xla what the network was trained in)',
  )


def load(options: argparse.Namespace, *, batch_size: int | None = None):
  """The generator of --checkpoint; prints how far a backend is from it.

  Raises:
    ValueError: see `inference.generator.load`.
  """
  # Here, so that --help and bad input do not wait for JAX.
  from lipsync_jax.inference import generator

  made = generator.load(
    options.checkpoint,
    batch_size=batch_size,
    backend=options.backend,
    precision=options.precision,
  )
  if made.parity:
    print(made.parity, flush=True)
  return made
