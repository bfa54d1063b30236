"""A protocol as it is written: a TOML file, or a list of pairs."""

import dataclasses
import os
import pathlib
import tomllib
from collections.abc import Mapping
from typing import Any

from lipsync_jax.evaluation import pairs as pairs_lib
from lipsync_jax.evaluation.protocol import Generate, Measure, Protocol
from lipsync_jax.inference import schedule

_LSE_MODES = ('none', 'lrs', 'real')
_FID_AREAS = ('none', 'face', 'frame')


def read(path: str | os.PathLike) -> Protocol:
  """A protocol from its TOML file, or from a list of pairs.

  A list in Wav2Lip's format is a protocol of that name with all else left as it
  is by default.

  Raises:
    ValueError: it says something that makes no sense.
    OSError: it cannot be read.
  """
  path = pathlib.Path(path)
  if path.suffix == '.txt':
    found = tuple(dict.fromkeys(pairs_lib.read(path)))
    return Protocol(path.stem, f'The pairs of {path.name}.', found)
  try:
    with path.open('rb') as file:
      values = tomllib.load(file)
  except tomllib.TOMLDecodeError as error:
    raise ValueError(f'{path}: is no TOML file: {error}.') from error
  try:
    protocol = _parse(values, path.parent)
    _check(protocol)
  except (AttributeError, KeyError, TypeError, ValueError) as error:
    why = f'{error} is missing' if isinstance(error, KeyError) else error
    raise ValueError(f'{path}: {why}') from error
  return protocol


def _parse(values: dict[str, Any], folder: pathlib.Path) -> Protocol:
  pairs = values.pop('pairs')
  lists = {'list', 'order', 'own', 'videos'}
  _refuse_unknown(pairs, lists, 'pairs')
  found = []
  if 'list' in pairs:
    found = pairs_lib.read(folder / pairs['list'], pairs.get('order'))
  own = dict.fromkeys(pairs.get('videos', [p.video for p in found]))
  if pairs.get('own', not found):
    found = [*(pairs_lib.Pair(name, name) for name in own), *found]
  if not found:
    raise ValueError(
      '[pairs] needs a list, or videos of which each says its own'
    )
  parts = {
    'generate': _section(Generate, values.pop('generate', {})),
    'measure': _section(Measure, values.pop('measure', {})),
  }
  _refuse_unknown(
    values, {'name', 'about', 'files', 'weights', 'synthesize'}, 'the file'
  )
  for where in ('files', 'weights'):
    for name, digest in values.get(where, {}).items():
      if not isinstance(digest, str):
        raise ValueError(f"[{where}] give '{name}' a checksum, in quotes both")
  return Protocol(
    name=values.pop('name'),
    about=' '.join(values.pop('about').split()),
    pairs=tuple(dict.fromkeys(found)),
    **values,
    **parts,
  )


def _section(kind: type, values: dict[str, Any]) -> Any:
  known = {field.name for field in dataclasses.fields(kind)}
  _refuse_unknown(values, known, kind.__name__.lower())
  return kind(**values)


def _refuse_unknown(values: Mapping, known: set[str], where: str) -> None:
  if unknown := set(values) - known:
    raise ValueError(
      f'unknown in {where}: {", ".join(sorted(unknown))}; known are '
      f'{", ".join(sorted(known))}.'
    )


def _check(protocol: Protocol) -> None:
  generate, measure = protocol.generate, protocol.measure
  choices = (
    ('fit', generate.fit, schedule.FITS),
    ('reference', generate.reference or 'same', ('same', 'fixed')),
    ('lse', measure.lse, _LSE_MODES),
    ('fid', measure.fid, _FID_AREAS),
  )
  for name, value, known in choices:
    if value not in known:
      raise ValueError(f'{name} {value!r}: choose {", ".join(known)}.')
  for name, value, low, high in (
    ('crf', generate.crf, 0, 51),
    ('detect_every', generate.detect_every, 1, 25),
    ('size', measure.size, 32, 1024),
  ):
    if not isinstance(value, int) or not low <= value <= high:
      raise ValueError(f'{name}={value!r}: choose {low} to {high}.')
  _check_pins(protocol)


def _check_pins(protocol: Protocol) -> None:
  """What is pinned by a name that nothing has would not be pinned."""
  names = {name for p in protocol.pairs for name in (p.video, p.audio)}
  judges = {'expert', 'syncnet', 'inception', 'lpips', 'landmarks'}
  for where, pins, known in (
    ('files', protocol.files, names),
    ('weights', protocol.weights, judges),
  ):
    for name in pins:
      if name not in known:
        raise ValueError(f'[{where}] {name!r}: nothing here has that name.')
