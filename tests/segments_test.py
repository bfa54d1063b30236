"""Pieces of an unfinished output: what stays, and what can go on."""

import fractions

import numpy as np
import pytest

from input_pipeline import media
from lipsync_jax.inference import segments
from tests import pictures

FPS = fractions.Fraction(25)
TIMING = media.Timing(FPS, True, np.arange(100) / 25, 4.0)
JOB = {'video': 'a.mp4', 'speakers': (0, 1)}


@pytest.fixture(autouse=True)
def short(monkeypatch):
  monkeypatch.setattr(segments, 'LENGTH', 10)


def made(folder, count, *, resume=False, fail_at=None, job=JOB):
  """Writes `count` frames; returns what was there before, and the files."""
  picture = pictures.picture(np.full((32, 48, 3), 90, np.uint8))
  form = media.output_format(picture)
  with segments.Segments(
    folder / 'out.mp4', job, format=form, timing=TIMING, crf=20, resume=resume
  ) as pieces:
    for k in range(count):
      if k == fail_at:
        raise RuntimeError('on purpose')
      pieces.write(form.frame_of(picture), k / FPS, (k + 1) / FPS)
    files, starts = pieces.finish()
    found = [len(list(media.read_frames(file))) for file in files]
    pieces.whole.write_bytes(b'all')
    pieces.publish()
  return pieces.done, found, starts


def test_pieces_come_in_order_and_nothing_stays(tmp_path):
  done, found, starts = made(tmp_path, 25)
  assert (done, found) == (0, [10, 10, 5])
  assert starts == [0, 10 / FPS, 20 / FPS]
  (output,) = tmp_path.iterdir()
  assert (output.name, output.read_bytes()) == ('out.mp4', b'all')


def test_what_was_finished_is_kept_and_not_written_again(tmp_path):
  with pytest.raises(RuntimeError):
    made(tmp_path, 40, fail_at=27)
  (folder,) = tmp_path.iterdir()
  assert sorted(path.name for path in folder.iterdir()) == [
    '000000.mp4',
    '000001.mp4',
    'job.json',
    'lock',
  ]
  # As a killed process leaves it.
  (folder / '.000002.99.part.mp4').write_bytes(b'half')
  done, found, _ = made(tmp_path, 40, resume=True)
  assert (done, found) == (20, [10] * 4)


def test_a_job_that_finished_nothing_leaves_nothing(tmp_path):
  with pytest.raises(RuntimeError):
    made(tmp_path, 40, fail_at=7)
  assert not list(tmp_path.iterdir())


def test_another_job_does_not_go_on(tmp_path):
  with pytest.raises(RuntimeError):
    made(tmp_path, 40, fail_at=27)
  with pytest.raises(ValueError, match='other options; run again without'):
    made(tmp_path, 40, resume=True, job=JOB | {'video': 'b.mp4'})
  # Nothing was lost by asking; without resuming it begins anew.
  assert made(tmp_path, 40, resume=True)[0] == 20


def test_without_resuming_it_begins_anew(tmp_path):
  with pytest.raises(RuntimeError):
    made(tmp_path, 40, fail_at=27)
  assert made(tmp_path, 15) == (0, [10, 5], [0, 10 / FPS])


def test_resuming_nothing_is_beginning(tmp_path):
  assert made(tmp_path, 5, resume=True)[0] == 0


def test_one_process_at_a_time(tmp_path):
  picture = pictures.picture(np.full((32, 48, 3), 90, np.uint8))
  settings = {
    'format': media.output_format(picture),
    'timing': TIMING,
    'crf': 20,
  }
  with segments.Segments(tmp_path / 'o.mp4', JOB, resume=False, **settings):
    with pytest.raises(ValueError, match='Another process is writing'):
      segments.Segments(tmp_path / 'o.mp4', JOB, resume=False, **settings)
