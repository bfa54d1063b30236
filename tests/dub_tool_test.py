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
  loaded.load = lambda checkpoint, **options: fakes.FakeGenerator(
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
    '--crf': 18,
  }


def run(arguments, *flags):
  words = [str(word) for pair in arguments.items() for word in pair]
  return dub.main([*words, *flags])


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
    {'--face': 'nobody'},
    {'--face': 'speaker'},
    {'--enhancer': 'no_such_module:sharpen'},
    {'--enhancer': 'math:no_such_function'},
    {'--speaker': '0=a.wav'},
    {'--preview': '-1'},
    {'--crf': '77'},
    {'--report': 'no_such_folder/report.json'},
    {'--report': '.'},
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


def test_preview_and_consent(tmp_path, arguments):
  path = tmp_path / 'report.json'
  more = {'--preview': 0.4, '--report': path, '--consent': 'Anna, 2026-11-21'}
  assert run(arguments | more) == 0
  report = json.loads(path.read_text())
  assert (report['frames'], report['seconds']) == (10, 0.4)
  assert report['consent'] == 'Anna, 2026-11-21'


def test_a_dry_run_says_what_would_be_done(tmp_path, arguments, capsys):
  before = sorted(tmp_path.iterdir())
  del arguments['--checkpoint']
  assert run(arguments, '--dry-run') == 0
  assert sorted(tmp_path.iterdir()) == before
  printed = capsys.readouterr().out
  for word in ('64x48', '25.000 fps (constant)', '1.00 s', 'aac', 'none in'):
    assert word in printed


def batch(tmp_path, arguments, text, *flags):
  """Runs a CSV of jobs."""
  path = tmp_path / 'jobs.csv'
  path.write_text(text.replace('FOLDER', str(tmp_path)))
  shared = {
    name: arguments[name] for name in ('--checkpoint', '--detector', '--crf')
  }
  return run(shared | {'--jobs': path}, *flags)


def test_a_batch_goes_on_after_a_bad_job(tmp_path, arguments, capsys):
  jobs = """video,audio,output,preview,report
FOLDER/in.mp4,FOLDER/a.wav,FOLDER/one.mp4,,FOLDER/one.json
FOLDER/none.mp4,FOLDER/a.wav,FOLDER/two.mp4,,
FOLDER/in.mp4,FOLDER/a.wav,FOLDER/three.mov,0.2,
"""
  assert batch(tmp_path, arguments, jobs) == 1
  made = {path.name for path in tmp_path.iterdir()}
  assert {'one.mp4', 'one.json', 'three.mov'} <= made
  assert 'two.mp4' not in made
  printed = capsys.readouterr()
  assert printed.err.count('error: ') == 1 and 'none.mp4' in printed.err
  assert '[3/3]' in printed.out and '5 frames' in printed.out
  # What is done is not done again, unless it was broken off since.
  assert batch(tmp_path, arguments, jobs, '--resume') == 1
  assert capsys.readouterr().out.count('done before') == 2
  (tmp_path / '.one.mp4.parts').mkdir()
  assert batch(tmp_path, arguments, jobs, '--resume') == 1
  assert capsys.readouterr().out.count('done before') == 1


def test_one_report_for_many_jobs_is_refused(tmp_path, arguments, capsys):
  jobs = 'video,audio,output\nFOLDER/in.mp4,FOLDER/a.wav,FOLDER/one.mp4\n'
  assert batch(tmp_path, arguments, jobs, '--report', 'all.json') == 2
  assert 'has a column for it' in capsys.readouterr().err


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    ('film,audio\na,b\n', 'unknown column film'),
    ('video,audio\nFOLDER/in.mp4,FOLDER/a.wav\n', 'line 2: output'),
    ('video,audio,output,crf\na,b,c.mp4,good\n', 'line 2: crf'),
    ('video,audio,output\n', 'holds no job'),
    ('video,audio,output\na,b,c.mp4\nd,e,c.mp4\n', 'two jobs write'),
    ('video,output,speakers\na,c.mp4,0:x\n', '0=sound.wav'),
    ('video,audio,output\na,b,c.txt\n', 'line 2: c.txt: the output must end'),
    ('video,audio,output\n"' + 'x' * 200_000, 'field larger than'),
  ],
)
def test_a_bad_list_is_told_before_anything_is_done(
  tmp_path, arguments, text, message, capsys
):
  assert batch(tmp_path, arguments, text) == 2
  assert message in capsys.readouterr().err


@pytest.mark.parametrize(
  'other', [{'--preview': 0.4}, {'--consent': 'Anna'}, {'--face': 'left'}]
)
def test_what_is_done_is_not_done_again_but_another_job_is(
  arguments, other, capsys
):
  assert run(arguments) == 0
  assert run(arguments, '--resume') == 0
  assert 'done before' in capsys.readouterr().out
  assert run(arguments | other, '--resume') == 0
  assert 'done before' not in capsys.readouterr().out
  assert run(arguments | other, '--resume') == 0
  assert 'done before' in capsys.readouterr().out
