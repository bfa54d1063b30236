"""A few small videos, the command that prepares them, and what it made."""

import os
import pathlib
import re
import shutil

import flash_and_click

from input_pipeline.preparation import prepare
from tools import prepare as command


def write_videos(folder: pathlib.Path, each: int = 1) -> pathlib.Path:
  """Some videos of each of two speakers, and one that is none."""
  for name in ('anna', 'ben'):
    (folder / name).mkdir(parents=True)
  first = folder / 'anna' / '0.mkv'
  flash_and_click.write(first, flash_and_click.Kind())
  for k in range(1, 2 * each):
    os.link(first, folder / ('anna' if k < each else 'ben') / f'{k}.mkv')
  (folder / 'ben' / 'text.mp4').write_text('text')
  return folder


def arguments(videos, output, *more: str, workers: int = 1) -> list[str]:
  return [
    f'--videos={videos}',
    f'--output={output}',
    '--detector=cascade',
    '--config.decoding.size=64',
    '--config.select.min_seconds=0.6',
    f'--workers={workers}',
    *more,
  ]


def run(*words) -> int:
  """The command, in this process."""
  return command.main(arguments(*words))


def contents(folder: pathlib.Path) -> dict[str, bytes]:
  """Every file; of the report what does not tell how long it took."""
  files = {
    path.relative_to(folder).as_posix(): path.read_bytes()
    for path in sorted(folder.rglob('*'))
  }
  if 'report.html' in files:
    took = re.compile(b'<h3>time</h3>.*?</table>', re.DOTALL)
    files['report.html'], count = took.subn(b'', files['report.html'])
    assert count == 1
  return files


def copy(output: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
  """A data set with its candidates, in another folder."""
  for path in (output, prepare.candidates_of(output)):
    shutil.copytree(path, folder / path.name)
  return folder / output.name


def check_same(output: pathlib.Path, reference: pathlib.Path) -> None:
  """All bytes are the same, of the candidates too; nothing else is there."""
  folders = sorted(path.name for path in output.parent.glob('data*'))
  assert folders == ['data', 'data.candidates']
  for of in (pathlib.Path, prepare.candidates_of):
    assert contents(of(output)) == contents(of(reference))
