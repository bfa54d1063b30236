"""One dubbing by the command, with stand-ins, and what became of it."""

import dataclasses
import json
import pathlib
import sys
import types

import numpy as np

from input_pipeline import faces
from lipsync_jax import inference
from tests import awkward_videos, fakes
from tools import detectors, dub


def stripes(mel, shown, reference):
  """A mouth that cannot be overlooked."""
  made = shown.copy()
  made[:, 48:] = np.where(np.arange(96) // 8 % 2, 20, 230)[:, None]
  return made


def use_stand_ins(monkeypatch) -> None:
  """No network is loaded, and faces are four spots."""
  loaded = types.ModuleType('lipsync_jax.inference.generator')
  loaded.load = lambda checkpoint, **options: fakes.FakeGenerator(stripes)
  monkeypatch.setitem(sys.modules, loaded.__name__, loaded)
  monkeypatch.setattr(inference, 'generator', loaded, raising=False)
  monkeypatch.setattr(detectors, 'make', lambda options: SpotDetector())


class SpotDetector:
  """Finds what the spots enclose."""

  name = 'spots'

  def __call__(self, frame):
    rows, columns = np.nonzero(frame.min(-1) > awkward_videos.LIGHT)
    if len(rows) < 8:
      return []
    box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    return [faces.Detection(tuple(map(float, box)), 0.9)]


@dataclasses.dataclass(frozen=True)
class Done:
  """What a command left.

  Attributes:
    code: its exit code.
    report: as JSON; None if there is none.
    errors: lines of the error stream, without the progress bar.
    output: the file.
  """

  code: int
  report: dict | None
  errors: list[str]
  output: pathlib.Path


class Runner:
  """Runs `tools.dub` with stand-ins, at a good quality."""

  def __init__(self, report, monkeypatch, capsys):
    """Takes where the report goes, and pytest's fixtures."""
    use_stand_ins(monkeypatch)
    self._report, self._capsys = pathlib.Path(report), capsys

  def __call__(self, video, audio, output, *words) -> Done:
    """Dubs.

    Args:
      video, audio, output: files; audio None: not given.
      words: more of the command line.
    """
    self._capsys.readouterr()
    self._report.unlink(missing_ok=True)
    code = dub.main(
      [
        f'--video={video}',
        *([f'--audio={audio}'] if audio else []),
        f'--output={output}',
        f'--report={self._report}',
        '--checkpoint=unused',
        '--crf=6',
        *map(str, words),
      ]
    )
    errors = self._capsys.readouterr().err.replace('\r', '\n').splitlines()
    errors = [line for line in errors if line and ' frames' not in line]
    report = None
    if self._report.exists():
      report = json.loads(self._report.read_text())
    return Done(code, report, errors, pathlib.Path(output))


class Refused(Runner):
  """In the current folder, which a failure must leave as it was."""

  def __call__(self, video='in.mp4', audio='a.wav', output='out.mp4', *words):
    before = _listing()
    done = super().__call__(video, audio, output, *words)
    if done.code:
      assert _listing() == before
      [line] = done.errors
      # 2: what was given cannot be used; 1: what was made cannot be written.
      assert done.code == (1 if 'cannot be written' in line else 2)
      assert line.startswith('error: ')
    return done


def _listing():
  return sorted(
    (path, path.is_file() and path.read_bytes())
    for path in pathlib.Path().rglob('*')
  )
