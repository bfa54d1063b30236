"""The command: what it prints, leaves and returns."""

import json
import sys
import types

import numpy as np
import pytest

from lipsync_jax import inference
from tests import fakes, videos
from tools import dub


@pytest.fixture
def arguments(tmp_path, monkeypatch):
  """A complete command line; loading a checkpoint gives a stand-in."""
  loaded = types.ModuleType('lipsync_jax.inference.generator')
  loaded.load = lambda checkpoint, *, batch_size: fakes.FakeGenerator(
    fakes.identity
  )
  monkeypatch.setitem(sys.modules, loaded.__name__, loaded)
  monkeypatch.setattr(inference, 'generator', loaded, raising=False)
  sound = videos.write_wav(tmp_path / 'a.wav', np.zeros(16_000))
  return {
    '--video': videos.write(tmp_path / 'in.mp4', videos.ramp(30)),
    '--audio': sound,
    '--checkpoint': tmp_path,
    '--output': tmp_path / 'out.mp4',
    '--detector': 'cascade',
  }


def run(arguments):
  return dub.main([str(word) for pair in arguments.items() for word in pair])


def test_it_writes_the_video_and_the_report(tmp_path, arguments, capsys):
  path = tmp_path / 'report.json'
  assert run(arguments | {'--report': path}) == 0
  assert (tmp_path / 'out.mp4').stat().st_size > 1000
  report = json.loads(path.read_text())
  assert (report['frames'], report['edited']) == (25, 0)
  printed = capsys.readouterr()
  assert '25 frames at 25 fps' in printed.out
  assert 'warning: No face' in printed.err


@pytest.mark.parametrize(
  'bad',
  [
    {'--video': 'nothing.mp4'},
    {'--audio': 'nothing.wav'},
    {'--output': 'out.txt'},
    {'--yunet': 'nothing.onnx', '--detector': 'yunet'},
    {'--batch-size': '0'},
  ],
)
def test_bad_input_is_one_line_and_exit_code_2(
  tmp_path, arguments, bad, capsys
):
  before = sorted(tmp_path.iterdir())
  assert run(arguments | bad) == 2
  error = capsys.readouterr().err.strip().splitlines()
  assert len([line for line in error if line.startswith('error: ')]) == 1
  assert 'Traceback' not in ''.join(error)
  assert sorted(tmp_path.iterdir()) == before
