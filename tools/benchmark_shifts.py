"""Whether an expert finds by how many frames the sound of a file was moved.

The sound of videos that are in sync is moved by -10..10 frames, by copying
packets, and what `tools.sync measure` says of each file is compared with the
truth; then `fix` moves the sound back by what was found, and the result is
measured again. Moved files are made one at a time and removed.

* found: the offset is within one frame of the truth, whatever the confidence.
* undetermined: of how many no offset would be told.
* fixed: the offset is 0 after moving it back; of those whose offset is told.
"""

import fractions
import pathlib
import tempfile
from typing import NamedTuple

import tqdm

from input_pipeline import alignment, faces, media
from tools import benchmark_table, experts

_SUFFIXES = ('.mp4', '.m4v', '.mov', '.mkv')
_TOLERANCE = 1  # frames


class Found(NamedTuple):
  """Of one moved file.

  Attributes:
    moved: frames by which its sound leads.
    offset: what was measured.
    told: whether it is not undetermined.
    after: what was measured after `fix`; None if it was not told.
  """

  moved: int
  offset: int
  told: bool
  after: int | None


def run(options) -> str:
  """Measures and returns the report."""
  paths = files(options.videos)
  detector = faces.make_detector(options.detector, model_path=options.yunet)
  judge, about = experts.load(options.expert)
  # Here, so that --help does not wait for JAX.
  from lipsync_jax.judging import measure_video

  def measure(path):
    return measure_video.measure(judge, path, detector)

  jobs = [(path, k) for path in paths for k in options.frames]
  with tempfile.TemporaryDirectory() as folder:
    found = [
      one(measure, path, k, pathlib.Path(folder))
      for path, k in tqdm.tqdm(jobs, desc='shifts', unit='file')
    ]
  note = (
    f'{len(paths)} videos, expert {about["run"]} at step {about["step"]}, '
    f'{detector.name}. {benchmark_table.machine(["jax", "av"])}'
  )
  return f'{benchmark_table.table(rows(found))}\n\n{note}'


def files(given: list[pathlib.Path]) -> list[pathlib.Path]:
  """Videos, and those in folders.

  Raises:
    ValueError: there is none.
  """
  found = []
  for path in given:
    inside = sorted(path.rglob('*')) if path.is_dir() else [path]
    found += [p for p in inside if p.suffix.lower() in _SUFFIXES]
  if not found:
    raise ValueError(f'There is no video that ends in {", ".join(_SUFFIXES)}.')
  return found


def one(measure, path: pathlib.Path, moved: int, folder: pathlib.Path) -> Found:
  """Moves, measures, fixes and measures again.

  Args:
    measure: path -> `judgement.Judgement`.
    path: a video in sync.
    moved: frames by which its sound is made to lead.
    folder: for the files, which are removed.

  Raises:
    ValueError: it cannot be measured.
  """
  wrong, right = (
    folder / f'{name}{path.suffix}' for name in ('moved', 'fixed')
  )
  media.delayed(path, wrong, fractions.Fraction(-moved, alignment.FPS))
  judged = measure(wrong)
  if judged.measured is None:
    raise ValueError(f'{path}: {judged.reason()}.')
  offset, told = judged.measured.offset, not judged.reason()
  after = None
  if told:
    media.delayed(wrong, right, fractions.Fraction(offset, alignment.FPS))
    after = measure(right).measured.offset
  return Found(moved, offset, told, after)


def rows(found: list[Found]) -> list[dict[str, str]]:
  """By shift, and of all."""
  shifts = dict.fromkeys(each.moved for each in found)
  parts = [
    (f'{shift:+d}', [each for each in found if each.moved == shift])
    for shift in shifts
  ]
  return [_row(name, part) for name, part in [*parts, ('all', found)]]


def _row(name: str, found: list[Found]) -> dict[str, str]:
  told = [each for each in found if each.told]
  near = [each for each in found if abs(each.offset - each.moved) <= _TOLERANCE]
  exact = sum(each.offset == each.moved for each in found)
  fixed = sum(each.after == 0 for each in told)
  return {
    'sound leads by': name,
    'files': str(len(found)),
    'found within 1': f'{len(near)} ({100 * len(near) / len(found):.1f} %)',
    'exactly': str(exact),
    'undetermined': str(len(found) - len(told)),
    'fixed to 0': f'{fixed} of {len(told)}',
  }
