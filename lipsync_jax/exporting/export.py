"""A network of a run written as a file that runs elsewhere, and checked."""

import dataclasses
import importlib
import json
import os
import pathlib
import tempfile
from typing import Any

import jax

import lipsync_jax
from lipsync_jax import provenance, taught
from lipsync_jax.exporting import parity as parity_lib
from lipsync_jax.exporting import program as program_lib

# The module of each format.
FORMATS = {
  'stablehlo': 'stablehlo',
  'onnx': 'onnx_file',
  'tflite': 'tflite',
}


@dataclasses.dataclass(frozen=True)
class Exported:
  """What was written.

  Attributes:
    path: the file.
    about: its description, also written beside it as `PATH.json`.
    parity: of every result.
  """

  path: pathlib.Path
  about: dict[str, Any]
  parity: list[parity_lib.Parity]


def export(
  workdir: str,
  output: str | os.PathLike,
  *,
  format: str,
  network: str | None = None,
) -> Exported:
  """Writes a generator or an expert of a run; nothing if it comes out wrong.

  The file is loaded back, run on random input and compared with the network
  in JAX. A description goes beside it: what goes in and comes out, the
  licences of what it was trained on, the parity.

  Args:
    workdir: of the run; its best step is read.
    output: file to write.
    format: a key of `FORMATS`.
    network: its name in the run; by default the generator, or else the expert.

  Raises:
    ValueError: an unknown format or network, the file exists, the format needs
      a package that is not installed, or what was written does not compute
      what the network computes.
    checkpoint.CheckpointError: there is no checkpoint.
  """
  if format not in FORMATS:
    raise ValueError(f'{format!r} is none of {", ".join(FORMATS)}.')
  output = pathlib.Path(output)
  beside = output.with_name(f'{output.name}.json')
  for path in (output, beside):
    if path.exists():
      raise ValueError(f'{path} exists; give another name.')
  if not output.parent.is_dir():
    raise ValueError(f'There is no folder {output.parent}.')
  name = network or program_lib.default_name(workdir)
  program, spec, description = program_lib.load(workdir, name)
  writer = importlib.import_module(f'lipsync_jax.exporting.{FORMATS[format]}')
  with tempfile.TemporaryDirectory(
    dir=output.parent, prefix=f'.{output.name}-'
  ) as folder:
    made = pathlib.Path(folder, output.name)
    try:
      writer.write(program, made)
      parity = parity_lib.compare(
        program, lambda arrays: writer.run(made, arrays)
      )
    except ModuleNotFoundError as error:
      raise ValueError(
        f'{format} needs {error.name}, which is not installed: '
        "pip install -e '.[export]'"
      ) from error
    wrong = [one for one in parity if not one.good]
    if wrong:
      raise ValueError(
        f'Nothing was written: as {format}, {wrong[0].name} differs from the '
        f"network's by {wrong[0].difference:g}."
      )
    about = _about(workdir, name, format, program, spec, description, parity)
    notes = pathlib.Path(folder, beside.name)
    notes.write_text(json.dumps(about, indent=2) + '\n')
    os.replace(notes, beside)
    os.replace(made, output)
  return Exported(output, about, parity)


def _about(
  workdir: str,
  name: str,
  format: str,
  program: program_lib.Program,
  spec: dict[str, Any],
  description: dict[str, Any],
  parity: list[parity_lib.Parity],
) -> dict[str, Any]:
  if name == 'expert':
    description = taught.explained(workdir, description)
  return {
    'made_by': f'lipsync_jax {lipsync_jax.__version__}, JAX {jax.__version__}',
    'format': format,
    'network': name,
    'spec': spec,
    'step': description['step'],
    'batch': 'any number, the first axis of every array',
    'inputs': [dataclasses.asdict(tensor) for tensor in program.inputs],
    'outputs': [dataclasses.asdict(tensor) for tensor in program.outputs],
    'parity': [dataclasses.asdict(one) for one in parity],
    **provenance.of_run(description),
  }
