"""The jobs of the page, without the web: done, failed, in line, cancelled."""

import threading

import pytest

from input_pipeline import media
from lipsync_jax.inference import dub
from lipsync_jax.page import jobs, orders, views
from tests import page_stand_ins
from tests.page_stand_ins import WAIT, Slow, real_engine


@pytest.fixture
def order(tmp_path):
  return page_stand_ins.make_order(tmp_path)


def work(engine, order, folder):
  """Has one job done; returns it."""
  job = jobs.Job(order, folder / 'job' / order.name)
  job.run(engine)
  assert job.wait(0.0)
  return job


def test_a_job_dubs_and_its_report_has_no_folders(order, tmp_path):
  job = work(real_engine(), order, tmp_path)
  assert job.progress().state == 'done' and job.error is None
  assert job.report.consent == orders.AGREED
  assert (job.report.video, job.report.output) == ('in.mp4', 'in_dubbed.mp4')
  assert str(tmp_path) not in job.report.to_json()
  assert media.probe(job.output).width == 96
  assert 0 < job.report.edited < job.report.frames == 25
  text = views.summary(job.report)
  assert f'{job.report.edited} of 25 frames' in text
  assert job.report.passed_through[0].reason in text


def test_a_job_that_fails_says_why_and_leaves_nothing(order, tmp_path, caplog):
  def refuses(video, audio, output, **options):
    raise media.MediaError(f'{video}: holds no video.')
    yield

  def breaks(video, audio, output, **options):
    output.write_bytes(b'half')
    yield dub.Written(0, 25, True, None)
    raise RuntimeError('secret')

  assert work(refuses, order, tmp_path).error == 'in.mp4: holds no video.'
  job = work(breaks, order, tmp_path)
  assert job.error.startswith('Something went wrong')
  assert 'secret' not in job.error and 'secret' in caplog.text
  assert not job.output.parent.exists()


def test_jobs_wait_in_line_and_can_be_cancelled(order, tmp_path):
  slow = Slow()
  worker = jobs.Worker(slow, most=2)
  line = [jobs.Job(order, tmp_path / str(n) / 'out.mp4') for n in range(3)]
  worker.submit(line[0])
  assert slow.begun.wait(WAIT)
  worker.submit(line[1])
  with pytest.raises(jobs.BusyError, match='2 dubbings are waiting'):
    worker.submit(line[2])
  assert [worker.ahead(job) for job in line] == [0, 1, 0]
  states = [job.progress().state for job in line[:2]]
  assert states == ['running', 'waiting']
  line[0].cancel()
  line[1].cancel()
  assert line[0].progress().state == 'cancelling'
  slow.go.set()
  assert line[0].wait(WAIT) and line[1].wait(WAIT)
  assert [job.progress().state for job in line[:2]] == ['cancelled'] * 2
  worker.close()
  # The second never began.
  assert slow.closed == 1 and not any(job.output.exists() for job in line)


def test_closing_the_worker_cancels_what_runs(order, tmp_path):
  slow = Slow()
  slow.go.set()
  worker = jobs.Worker(slow)
  job = jobs.Job(order, tmp_path / 'job' / 'out.mp4')
  slow.go.clear()
  worker.submit(job)
  assert slow.begun.wait(WAIT)
  threading.Timer(0.05, slow.go.set).start()
  worker.close()
  assert job.progress().state == 'cancelled' and slow.closed == 1
