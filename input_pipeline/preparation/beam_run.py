"""Runs the pipeline as Beam's own options ask for."""

import itertools
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options import pipeline_options

from input_pipeline.preparation import (
  beam_files,
  beam_pipeline,
  beam_settings,
  sources,
)

# Beam's DirectRunner looks for the program 'prism' first, which it fetches from
# GitHub; this is what it falls back to.
_LOCAL = 'FnApiRunner'


def read_options(words: Sequence[str]) -> pipeline_options.PipelineOptions:
  """Beam's options from the words of a command line.

  Raises:
    ValueError: a word is none of Beam's, and no remote runner may know it.
  """
  for before, word in itertools.pairwise(['', *words]):
    value = before.startswith('-') and '=' not in before
    if not (word.startswith('-') or value):
      raise ValueError(f'{word!r} belongs to no option.')
  options = pipeline_options.PipelineOptions(list(words))
  standard = options.view_as(pipeline_options.StandardOptions)
  if standard.runner not in (None, 'DirectRunner', _LOCAL):
    return options
  standard.runner = _LOCAL
  known = set(pipeline_options.PipelineOptions([]).get_all_options())
  given = options.get_all_options(
    drop_default=True, retain_unknown_options=True
  )
  if unknown := sorted(set(given) - known):
    names = ', '.join(f'--{name.lstrip("-")}' for name in unknown)
    raise ValueError(f'Neither this tool nor Beam knows {names}.')
  return options


def run(
  found: Sequence[sources.Source],
  output: str,
  settings: beam_settings.Settings,
  *,
  options: pipeline_options.PipelineOptions,
  overwrite: bool = False,
) -> list[dict]:
  """Prepares clips, and waits for it.

  Args:
    found: the clips, see `sources.find`.
    output: where to make the data set, see `beam_files.Target`.
    settings: see there.
    options: which runner, and how.
    overwrite: replace an output that is there.

  Returns:
    The rows of the manifest.

  Raises:
    FileExistsError: see `beam_files.Target`.
    RuntimeError: the pipeline failed.
  """
  target = beam_files.Target(output, overwrite=overwrite)
  target.begin()
  with beam.Pipeline(options=options) as pipeline:
    beam_pipeline.build(pipeline, found, target.folder, settings)
  return target.finish()
