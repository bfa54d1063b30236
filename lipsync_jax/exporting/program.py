"""What of a run is given out: a pure function, and what goes in and out of it.

Normalisation, masking, cutting and rounding are part of the function: pictures
go in and come out as they are, uint8 RGB.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from input_pipeline import alignment
from lipsync_jax import checkpoint, networks
from lipsync_jax.exporting import sound_words
from lipsync_jax.inference import drawing


@dataclasses.dataclass(frozen=True)
class Tensor:
  """One array that goes in or comes out.

  Attributes:
    name: in the file.
    shape: of one example; the file's arrays have the batch before it.
    dtype: 'float32' or 'uint8'.
    meaning: of its numbers, for people.
  """

  name: str
  shape: tuple[int, ...]
  dtype: str
  meaning: str


@dataclasses.dataclass(frozen=True, eq=False)
class Program:
  """A function of arrays that all have the same batch as their first axis.

  Attributes:
    function: takes one array per input, returns one per output, as a tuple.
    inputs: what it takes.
    outputs: what it returns.
  """

  function: Callable[..., tuple[jax.Array, ...]]
  inputs: tuple[Tensor, ...]
  outputs: tuple[Tensor, ...]

  def named(self, **arrays: jax.Array) -> dict[str, jax.Array]:
    """`function` by names."""
    results = self.function(*(arrays[tensor.name] for tensor in self.inputs))
    names = [tensor.name for tensor in self.outputs]
    return dict(zip(names, results, strict=True))

  def shapes(self, batch: Any) -> list[jax.ShapeDtypeStruct]:
    """Of the inputs, for a batch of a number or a symbol."""
    return [
      jax.ShapeDtypeStruct((batch, *tensor.shape), tensor.dtype)
      for tensor in self.inputs
    ]


def default_name(workdir: str) -> str:
  """The generator of a run, or else its expert.

  Raises:
    checkpoint.CheckpointError: there is no checkpoint.
    ValueError: it has neither.
  """
  names = checkpoint.describe(workdir)['networks']
  for name in ('generator', 'expert'):
    if name in names:
      return name
  raise ValueError(
    f'{workdir} holds {", ".join(sorted(names))}: neither a generator nor an '
    'expert; only these are exported.'
  )


def load(
  workdir: str, name: str
) -> tuple[Program, dict[str, Any], dict[str, Any]]:
  """A network of a run as a program.

  It computes in float32, whatever it was trained in.

  Returns:
    The program, the network's spec, the checkpoint's description.

  Raises:
    checkpoint.CheckpointError: there is no checkpoint.
    ValueError: no such network, or one that is neither generator nor expert.
  """
  description = checkpoint.describe(workdir)
  if name not in description['networks']:
    names = ', '.join(sorted(description['networks']))
    raise ValueError(f'{workdir} holds {names}, not {name!r}.')
  spec = description['networks'][name] | {'dtype': 'float32'}
  network = networks.make(spec)
  if not (hasattr(network, 'draw') or hasattr(network, 'embed_face')):
    raise ValueError(
      f'{name} of {workdir} ({spec["module"]}) is neither a generator nor an '
      'expert; only these are exported.'
    )
  variables, description = checkpoint.load_network(workdir, name)
  reference = description.get('reference_alignment', False)
  return of(network, variables, reference), spec, description


def of(
  network: Any, variables: dict[str, Any], reference_alignment: bool = False
) -> Program:
  """The program of a generator or an expert; BatchNorm is folded.

  Args:
    network: see `models.wav2lip.Generator` and `models.expert.Expert`.
    variables: its parameters and statistics.
    reference_alignment: what a generator was trained with, see `alignment`.
  """
  drawn = hasattr(network, 'draw')
  make = _generator if drawn else _expert
  variables = jax.tree.map(jnp.asarray, networks.folded(network, variables))
  return make(network, variables, reference_alignment)


def _generator(
  network: Any, variables: dict[str, Any], reference_alignment: bool
) -> Program:
  draw = drawing.drawing(network)
  side = (network.image_size, network.image_size, 3)
  face = 'RGB, 0..255, a square cut out around a face'
  late = '40 ms after' if reference_alignment else 'on'
  seen = (
    f'{face}: the picture to be changed (its lower half is not looked at)'
    if network.sees_target
    else 'RGB, 0..255: not looked at by this network, may be zero'
  )
  return Program(
    lambda *arrays: (draw(variables, *arrays),),
    (
      _sound(network, f"a window centred {late} the picture's middle"),
      Tensor('faces', side, 'uint8', seen),
      Tensor(
        'reference', side, 'uint8', f'{face}: the same person at any moment'
      ),
    ),
    (
      Tensor(
        'generated',
        side,
        'uint8',
        'RGB, 0..255: the face with a mouth that says the sound',
      ),
    ),
  )


def _expert(
  network: Any, variables: dict[str, Any], reference_alignment: bool
) -> Program:
  def embed(sound, frames):
    unit = frames.astype(jnp.float32) / 255
    return network.apply(variables, sound, unit, train=False)

  size, count = network.image_size, alignment.WINDOW_FRAMES
  found = 'of the {}; "objective" says what it was trained by'
  sound = _sound(network, f'the 0.2 s of the {count} pictures')
  frames = Tensor(
    'frames',
    (count, size, size, 3),
    'uint8',
    'RGB, 0..255: squares cut out around a face, five consecutive pictures at '
    '25 a second',
  )
  program = Program(embed, (sound, frames), ())
  shapes = jax.eval_shape(embed, *program.shapes(1))
  outputs = [
    Tensor(f'{name}_embedding', shape.shape[1:], 'float32', found.format(name))
    for name, shape in zip(('sound', 'face'), shapes, strict=True)
  ]
  return dataclasses.replace(program, outputs=tuple(outputs))


def _sound(network: Any, window: str) -> Tensor:
  bands, rows, rate = alignment.SOUNDS[network.sound]
  meaning = (
    f'{sound_words.WORDS[network.sound]}; axes: batch, band, time ({rate} rows '
    f'a second), 1; {window}'
  )
  return Tensor('sound', (bands, rows, 1), 'float32', meaning)
