"""A broken job goes on, and gives what one that was not broken gives."""

import signal
import subprocess
import sys

import numpy as np
import pytest

import lipsync_jax
from input_pipeline import media
from lipsync_jax.inference import segments
from tests import dubbing, fakes


@pytest.fixture
def files(tmp_path, monkeypatch):
  monkeypatch.setattr(segments, 'LENGTH', 20)
  sound = dubbing.click_sound(tmp_path / 'clicks.wav')
  frames = [dubbing.picture(90 + k % 20) for k in range(50)]
  frames[30:34] = [dubbing.picture(10) // 2] * 4
  dubbing.videos.write(tmp_path / 'in.mp4', frames)
  return tmp_path / 'in.mp4', sound


def dub(files, output, draw=fakes.loudness, **options):
  generator = fakes.FakeGenerator(draw)
  settings = {'detector': fakes.FakeDetector(), 'crf': 14, 'batch_size': 7}
  report = lipsync_jax.dub(
    *files, output, generator=generator, **(settings | options)
  )
  return report, [f for _, f in media.read_frames(output)], generator


def remembering(images):
  """Keeps what is handed to the coder, by index; None of an earlier job."""
  return lambda event: images.update({event.index: event.image})


def failing(after):
  """A generator that breaks at its n-th call."""
  calls = []

  def draw(mel, faces, reference):
    calls.append(1)
    if len(calls) > after:
      raise OSError('the power is gone')
    return fakes.loudness(mel, faces, reference)

  return draw


@pytest.mark.parametrize('after', [4, 6])
def test_it_goes_on(files, tmp_path, after):
  output = tmp_path / 'out.mp4'
  first, again = {}, {}
  whole, expected, all_calls = dub(
    files, tmp_path / 'whole.mp4', on_frame=remembering(first)
  )
  with pytest.raises(OSError, match='power'):
    dub(files, output, failing(after))
  assert not output.exists() and (tmp_path / '.out.mp4.parts').is_dir()
  report, shown, generator = dub(
    files, output, resume=True, on_frame=remembering(again)
  )
  done = report.resumed_frames
  assert done == 20 * (after // 3)
  assert all(again[k] is None for k in range(done))
  for k in range(done, 50):
    np.testing.assert_array_equal(again[k], first[k])
  assert 0 < len(generator.batches) < len(all_calls.batches)
  assert (report.frames, report.edited) == (whole.frames, whole.edited)
  assert report.passed_through == whole.passed_through
  # x264 does not repeat small pictures to the bit.
  assert len(shown) == 50
  assert np.abs(np.subtract(shown, expected, dtype=float)).mean() < 0.5
  assert not (tmp_path / '.out.mp4.parts').exists()


def test_other_options_do_not_go_on(files, tmp_path):
  output = tmp_path / 'out.mp4'
  with pytest.raises(OSError, match='power'):
    dub(files, output, failing(4))
  with pytest.raises(ValueError, match='run again without resuming'):
    dub(files, output, resume=True, reference='same')


def brighter(made, original):
  return made // 2 + 127


def test_another_enhancer_does_not_go_on(files, tmp_path):
  output = tmp_path / 'out.mp4'
  with pytest.raises(OSError, match='power'):
    dub(files, output, failing(4), enhancer=brighter)
  with pytest.raises(ValueError, match='run again without resuming'):
    dub(files, output, resume=True)


def test_nothing_to_resume_is_no_error(files, tmp_path):
  report, shown, _ = dub(files, tmp_path / 'out.mp4', resume=True)
  assert report.resumed_frames == 0 and len(shown) == 50


_KILLED = """
import os, signal, sys
import lipsync_jax
from lipsync_jax.inference import segments
from tests import fakes
segments.LENGTH = 20
calls = []
def draw(mel, faces, reference):
  calls.append(1)
  if len(calls) > 5:
    os.kill(os.getpid(), signal.SIGKILL)
  return fakes.loudness(mel, faces, reference)
lipsync_jax.dub(*sys.argv[1:], generator=fakes.FakeGenerator(draw),
                detector=fakes.FakeDetector(), crf=14, batch_size=7)
"""


def test_a_killed_process_goes_on(files, tmp_path):
  output = tmp_path / 'out.mp4'
  killed = subprocess.run(
    [sys.executable, '-c', _KILLED, *map(str, files), str(output)]
  )
  assert killed.returncode == -signal.SIGKILL
  assert not output.exists()
  report, shown, _ = dub(files, output, resume=True)
  assert report.resumed_frames == 20
  assert len(shown) == 50
  assert sorted(path.name for path in tmp_path.iterdir()) == [
    'clicks.wav',
    'in.mp4',
    'out.mp4',
  ]
