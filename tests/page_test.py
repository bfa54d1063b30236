"""The web page without the web: orders, visits, temporary files, words."""

import json
import pathlib
import threading

import numpy as np
import pytest

from lipsync_jax.page import (
  choosing,
  jobs,
  orders,
  running,
  serve,
  sessions,
  views,
)
from tests import fakes, page_stand_ins
from tests.page_stand_ins import WAIT, Slow, TwoFaces, real_engine


@pytest.fixture
def sound(tmp_path):
  return page_stand_ins.write_sound(tmp_path)


@pytest.fixture
def order(tmp_path):
  return page_stand_ins.make_order(tmp_path)


@pytest.fixture
def visitors(tmp_path):
  return sessions.Sessions(tmp_path)


@pytest.mark.parametrize(
  ('change', 'words'),
  [
    ({'video': None}, 'Add a video or a picture'),
    ({'audio': None}, 'Add the sound'),
    ({'consent': ''}, 'everybody shown and heard agreed'),
  ],
)
def test_what_is_missing_is_said(order, change, words):
  with pytest.raises(ValueError, match=words):
    orders.check(
      orders.Order(**(vars(order) | change)),
      max_minutes=1.0,
    )


def test_sound_is_limited_in_minutes(order):
  orders.check(order, max_minutes=1.01 / 60)
  with pytest.raises(ValueError, match='longer than 0.015 minutes'):
    orders.check(order, max_minutes=0.9 / 60)


def test_consent_is_a_tick_and_a_note():
  assert orders.consent(False, 'yes, yes') == ''
  assert orders.consent(True, None) == orders.AGREED
  assert orders.consent(True, ' Anna,\n by mail ').endswith('Anna, by mail')


def test_a_visit_ends_with_files_to_download(order, visitors):
  worker = jobs.Worker(real_engine())
  people = choosing.Choosing(visitors, fakes.FakeDetector())
  runs = running.Running(visitors, worker, max_minutes=1.0)
  people.add('a', order.video)
  runs.sound('a', order.audio)
  refused = list(runs.run('a', agreed=False))[-1]
  assert 'agreed' in refused.status and not refused.running
  shown = list(runs.run('a', agreed=True, note='Anna', preview=0.5))
  assert all(outcome.running for outcome in shown[:-1])
  last = shown[-1]
  assert not last.running and 'The preview is ready' in last.status
  assert pathlib.Path(last.video).name == 'in_preview.mp4'
  assert json.loads(pathlib.Path(last.report).read_text()) == last.facts
  assert last.facts['consent'].endswith('Anna')
  # The next job takes the place of this one.
  again = list(runs.run('a', agreed=True))[-1]
  assert again.video and not pathlib.Path(last.video).exists()
  visitors.end('a')
  assert not pathlib.Path(again.video).exists()
  worker.close()


def test_who_leaves_takes_the_job_and_the_files_along(order, visitors):
  slow = Slow()
  worker = jobs.Worker(slow)
  runs = running.Running(visitors, worker, max_minutes=1.0)
  session = visitors.get('a')
  session.video = order.video
  runs.sound('a', order.audio)
  outcomes = runs.run('a', agreed=True)
  assert next(outcomes).running and next(outcomes).running
  assert slow.begun.wait(WAIT)
  folder = session.job.output.parent
  assert folder.exists()
  threading.Timer(0.05, slow.go.set).start()
  visitors.end('a')
  assert not folder.exists() and not pathlib.Path(order.audio).exists()
  # Back after a lost connection, with a page that still shows the files.
  assert 'connection was lost' in list(runs.run('a', agreed=True))[-1].status
  worker.close()


def slowly(monkeypatch, meanwhile):
  """Calls a function while an order is checked; with long sounds it is long."""
  check = orders.check

  def checked(order, **limits):
    meanwhile()
    check(order, **limits)

  monkeypatch.setattr(orders, 'check', checked)


def test_who_leaves_while_a_job_begins_leaves_no_job(
  order, visitors, monkeypatch
):
  worker = jobs.Worker(real_engine())
  runs = running.Running(visitors, worker, max_minutes=1.0)
  session = visitors.get('a')
  session.video, session.audio = order.video, order.audio
  slowly(monkeypatch, lambda: visitors.end('a'))
  assert 'Cancelled' in list(runs.run('a', agreed=True))[-1].status
  worker.close()
  assert not session.job.output.parent.exists()


def test_two_clicks_at_once_begin_one_job(order, visitors, monkeypatch):
  slow = Slow()
  worker = jobs.Worker(slow)
  runs = running.Running(visitors, worker, max_minutes=1.0)
  session = visitors.get('a')
  session.video, session.audio = order.video, order.audio
  second, statuses = threading.Event(), []
  slowly(monkeypatch, lambda: second.wait(0.2))

  def click():
    outcomes = runs.run('a', agreed=True)
    next(outcomes)
    second.set()
    statuses.append(next(outcomes).status)

  clicks = [threading.Thread(target=click) for _ in range(2)]
  for thread in clicks:
    thread.start()
  for thread in clicks:
    thread.join(WAIT)
  session.job.cancel()
  slow.go.set()
  worker.close()
  assert sum('still running' in status for status in statuses) == 1


def test_a_file_that_two_visitors_uploaded_stays_for_the_second(
  sound, visitors
):
  runs = running.Running(visitors, jobs.Worker(real_engine()), max_minutes=1.0)
  runs.sound('a', str(sound))
  runs.sound('b', str(sound))
  visitors.end('a')
  assert sound.exists()
  visitors.end('b')
  assert not sound.exists()


def test_only_files_that_were_uploaded_are_read_and_removed(sound, tmp_path):
  video = page_stand_ins.write_video(tmp_path)
  inside = tmp_path / 'inside'
  inside.mkdir()
  (inside / 'link.mp4').symlink_to(video)
  visitors = sessions.Sessions(inside)
  people = choosing.Choosing(visitors, TwoFaces())
  runs = running.Running(visitors, jobs.Worker(real_engine()), max_minutes=1.0)
  for path in (video, inside / '..' / 'in.mp4', inside / 'link.mp4', inside):
    assert 'was not uploaded' in people.add('a', str(path)).note
    assert visitors.get('a').video is None
  with pytest.raises(ValueError, match='a.wav was not uploaded'):
    runs.sound('a', str(sound))
  assert visitors.get('a').audio is None
  visitors.end('a')
  assert video.exists() and sound.exists()


@pytest.mark.parametrize(
  ('host', 'port', 'words'),
  [
    ('127.0.0.1', 0, 'port 0: give a number'),
    ('127.0.0.1', 65536, 'port 65536: give a number'),
    ('127.0.0.1.1', None, 'cannot be opened at 127.0.0.1.1, port 7860 to'),
    ('::1', None, 'cannot be opened at ::1'),
    ('192.0.2.1', None, 'not an address of this computer'),  # nobody's
  ],
)
def test_an_address_that_is_none_is_said_at_once(host, port, words):
  with pytest.raises(ValueError, match=words):
    with serve.serve(real_engine(), TwoFaces(), host=host, port=port):
      pass


def test_progress_in_words():
  text = views.progress(jobs.Progress('running', 250, 1000, 12.34, None))
  assert 'frame 250 of 1000' in text and 'width:25.0%' in text
  assert '12 frames/s' in text and '1 min 1 s left' in text
  text = views.progress(jobs.Progress('waiting'), ahead=2)
  assert '2 dubbings before yours' in text
  image = np.zeros((1080, 1920, 3), np.uint8)
  text = views.progress(jobs.Progress('running', 1, 10, 0.0, image))
  assert 'data:image/jpeg' in text and len(text) < 20_000
  assert ' left' not in text


def test_names_of_files_cannot_become_markup():
  assert '<script>' not in views.notice('<script>x.mp4: no such file.')
