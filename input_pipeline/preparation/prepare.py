"""Footage to a data set of face tracks: the whole line, on one machine.

  videos -> candidates -> offsets -> selection -> shards

The candidates lie in `<output>.candidates`: a run that was stopped goes on from
there, videos that are added later join what is done, and `rescore` chooses
again without decoding. Everything else is made in `<output>.partial` and
renamed into place at the end. Shards follow the order of the videos' names, so
they do not depend on the number of workers.
"""

import json
import os
import pathlib
import shutil
import time
from collections.abc import Sequence

from input_pipeline import faces, manifest, splits
from input_pipeline.preparation import (
  assemble,
  candidates,
  curation,
  parts,
  prepare_facts,
  prepare_video,
  scoring,
  selection,
  sources,
)


def candidates_of(output: pathlib.Path) -> pathlib.Path:
  """Where the candidates of a data set are."""
  return output.with_name(f'{output.name}.candidates')


def prepare(
  found: Sequence[sources.Source],
  output: str | os.PathLike,
  *,
  options: prepare_video.Options | None = None,
  thresholds: selection.Thresholds | None = None,
  detector: faces.BatchDetector | None = None,
  scorer: scoring.Scorer | None = None,
  validation_fraction: float = 0.1,
  workers: int | None = None,
  overwrite: bool = False,
  keep_candidates: bool = True,
) -> list[dict]:
  """Prepares clips.

  Args:
    found: the clips, see `sources.find`.
    output: folder to make.
    options: how each video is decoded.
    thresholds: what is kept of it.
    detector: used instead of the one that `options` name. It is not sent to
      other processes: the workers are threads that share it.
    scorer: measures sync; None: it is not checked.
    validation_fraction: of the speakers whose split is not given.
    workers: processes, or threads if a detector is given; None: one per core.
      1 works in this process and thread.
    overwrite: replace an output that is there.
    keep_candidates: for `rescore` and for videos that come later.

  Returns:
    The rows of the manifest. When nothing is kept there is a manifest and a
    report, and no shard.

  Raises:
    ValueError: an argument makes no sense.
    FileExistsError: the output is there, or is not ours to replace.
    OSError: a file cannot be written.
  """
  output = pathlib.Path(output)
  if workers is not None and workers < 1:
    raise ValueError(f'workers={workers}: there must be one at least.')
  check_output(output, overwrite=overwrite)
  options = prepare_facts.settle(options or prepare_video.Options(), detector)
  # Before hours of work: fails now when an argument makes no sense.
  splits.assign(
    [s.speaker for s in found], [s.split for s in found], validation_fraction
  )
  folder = candidates_of(output)
  with candidates.locked(folder):
    assemble.recover(output)
    check_output(output, overwrite=overwrite)
    candidates.tidy(folder)
    jobs = [parts.Job(source, options, folder, detector) for source in found]
    stores = [job.store.name for job in jobs]
    begun = time.monotonic()
    rows = parts.run(jobs, workers=workers or os.cpu_count() or 1)
    chosen = curation.Curation(
      folder,
      prepare_facts.name_rows(jobs, rows),
      prepare_facts.of_decoding(options),
      {'decoding': round(time.monotonic() - begun, 1)},
    )
    chosen.measure(scorer)
    chosen.write(
      output, thresholds or selection.Thresholds(), validation_fraction
    )
    # Only now: until here they belonged to what was replaced.
    candidates.tidy(folder, stores)
    if not keep_candidates:
      shutil.rmtree(folder)
  return chosen.rows


def rescore(
  output: str | os.PathLike,
  *,
  thresholds: selection.Thresholds | None = None,
  scorer: scoring.Scorer | None = None,
) -> list[dict]:
  """Chooses again among the candidates of a data set, which it replaces.

  Args:
    output: the data set, made by `prepare`.
    thresholds: what is kept now; None: what was before.
    scorer: measures sync again; None: the offsets stay as they are.

  Returns:
    The rows of the new manifest.

  Raises:
    FileNotFoundError: there is no manifest, or candidates are missing.
    ValueError: a candidate is damaged.
    OSError: a file cannot be written.
  """
  output = pathlib.Path(output)
  folder = candidates_of(output)
  about(output)  # Before a folder is made for what is not there.
  with candidates.locked(folder):
    metadata, rows = about(output), manifest.read(output)
    for row in rows:
      store = candidates.Store(folder, row.get('store', ''))
      if row['pieces'] and not store.chunks_path.exists():
        raise FileNotFoundError(
          f'The candidates of {row["path"]} are not in {folder}. Put that '
          'folder back beside the data set, or prepare the videos again.'
        )
    candidates.tidy(folder)
    chosen = curation.Curation(folder, rows, metadata, {})
    if scorer is not None:
      chosen.measure(scorer)
    chosen.write(
      output,
      thresholds or selection.Thresholds(**metadata['thresholds']),
      metadata['validation_fraction'],
    )
  return chosen.rows


def about(output: str | os.PathLike) -> dict:
  """What a data set was made with: decoding, thresholds, expert...

  Raises:
    FileNotFoundError: it was not made by `prepare`.
  """
  output = pathlib.Path(output)
  assemble.recover(output)
  try:
    return json.loads((output / curation.NAME).read_text())
  except (FileNotFoundError, NotADirectoryError) as error:
    raise FileNotFoundError(
      f'{output} is not a data set that tools.prepare made: there is no '
      f'{error.filename}.'
    ) from error


def check_output(output: pathlib.Path, *, overwrite: bool) -> None:
  """Fails unless a data set may be written there.

  Raises:
    FileExistsError: something is there that is not to be replaced, or not ours.
  """
  if not output.exists():
    return
  if not overwrite:
    raise FileExistsError(
      f'{output} exists. Choose another output, or replace it with --overwrite.'
    )
  ours = (output / manifest.NAME).exists()
  if not ours and (not output.is_dir() or any(output.iterdir())):
    raise FileExistsError(
      f'{output} was not made by this tool and is not replaced.'
    )
