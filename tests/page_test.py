"""The web page without the web: choosing, jobs, temporary files, words."""

import functools
import json
import pathlib
import threading

import numpy as np
import pytest

from input_pipeline import faces, media
from lipsync_jax.inference import dub, thumbnails
from lipsync_jax.page import (
  choosing,
  jobs,
  orders,
  running,
  sessions,
  views,
)
from tests import dubbing, fakes, videos

WAIT = 20.0  # seconds; nothing here takes one


class TwoFaces:
  """The right one first; none in dark pictures."""

  name = 'two'

  def __call__(self, frame):
    if frame.mean() < 30:
      return []
    boxes = (60.0, 10.0, 90.0, 50.0), (10.0, 20.0, 30.0, 44.0)
    return [faces.Detection(box, 0.9) for box in boxes]


@pytest.fixture
def video(tmp_path):
  dark, light = np.zeros((96, 96, 3), np.uint8), dubbing.picture()
  return videos.write(tmp_path / 'in.mp4', [dark] * 12 + [light] * 13)


@pytest.fixture
def sound(tmp_path):
  return videos.write_wav(tmp_path / 'a.wav', np.zeros(16_000))


@pytest.fixture
def order(video, sound):
  return orders.Order(str(video), str(sound), orders.consent(True, ''))


@pytest.fixture
def visitors(tmp_path):
  return sessions.Sessions(tmp_path / 'visitors')


def real_engine():
  return functools.partial(
    dub.events,
    generator=fakes.FakeGenerator(fakes.identity),
    detector=fakes.FakeDetector(),
  )


def work(engine, order, folder):
  """Has one job done; returns it."""
  job = jobs.Job(order, folder / 'job' / order.name)
  job.run(engine)
  assert job.wait(0.0)
  return job


def test_the_thumbnail_is_the_first_picture_with_faces_left_to_right(video):
  found = thumbnails.find(video, TwoFaces())
  # Dark until 0.48 s; looked at every 0.2 s.
  assert found.seconds == pytest.approx(0.6)
  assert [face.box[0] for face in found.faces] == [10, 60]
  assert found.point(0) == '20,32' and found.point(1) == '75,30'


def test_without_faces_it_is_the_first_picture(video):
  found = thumbnails.find(video, TwoFaces(), seconds=0.3)
  assert found.faces == () and found.seconds == 0


def test_faces_are_in_pixels_of_the_video_not_of_the_thumbnail(tmp_path):
  picture = dubbing.picture(width=1920, height=1080)
  path = videos.write(tmp_path / 'large.mp4', [picture])
  found = thumbnails.find(path, TwoFaces())
  assert found.image.shape == (540, 960, 3) and found.scale == 2
  assert found.faces[0].box == (20, 40, 60, 88)
  assert found.point(0) == '40,64'
  # The same place on the small picture, as a browser says it.
  assert found.at(20.0, 32.0) == 0


@pytest.mark.parametrize(
  ('place', 'face'),
  [
    ((20, 30), 0),
    ((75, 30), 1),
    ((33, 30), 0),
    ((57, 30), 1),
    ((20, 90), None),
  ],
)
def test_a_click_means_the_face_under_it_or_close_by(video, place, face):
  assert thumbnails.find(video, TwoFaces()).at(*map(float, place)) == face


def test_in_overlapping_boxes_the_nearer_centre_is_meant():
  boxes = (0.0, 0.0, 60.0, 80.0), (40.0, 0.0, 100.0, 80.0)
  found = thumbnails.Thumbnail(
    np.zeros((100, 100, 3), np.uint8),
    1.0,
    0.0,
    tuple(faces.Detection(box, 0.9) for box in boxes),
  )
  assert found.at(45.0, 40.0) == 0 and found.at(56.0, 40.0) == 1


def test_the_chosen_box_stands_out_and_the_picture_is_not_changed(video):
  found = thumbnails.find(video, TwoFaces())
  before = found.image.copy()
  drawn = [found.draw(chosen) for chosen in (None, 0, 1)]
  assert np.array_equal(found.image, before)
  edge = [tuple(image[30, 60].tolist()) for image in drawn]
  assert edge[0] == edge[1] == (255, 255, 255)
  assert edge[2] == (79, 70, 229)


def test_a_visitor_chooses_a_face(video, visitors):
  people = choosing.Choosing(visitors, TwoFaces())
  person = people.add('a', str(video))
  assert (person.faces, person.chosen) == (2, 1)  # the larger
  assert '2 faces found' in person.note
  assert visitors.get('a').face == '75,30'
  assert people.click('a', 20.0, 30.0) == 0
  picture = people.choose('a', 0)
  assert picture != person.picture and pathlib.Path(picture).exists()
  assert visitors.get('a').face == '20,32'
  people.choose('a', 7)  # not from the page
  assert visitors.get('a').face == '20,32'
  assert people.add('a', None) == choosing.Person()
  assert visitors.get('a').video is None


def test_a_bad_file_is_explained_without_its_folder(tmp_path, visitors):
  bad = tmp_path / 'bad.mp4'
  bad.write_bytes(b'nothing' * 99)
  person = choosing.Choosing(visitors, TwoFaces()).add('a', str(bad))
  assert 'bad.mp4: not a media file' in person.note
  assert 'role="alert"' in person.note and str(tmp_path) not in person.note
  assert visitors.get('a').video is None


def test_a_fault_of_ours_is_logged_and_said_kindly(video, visitors, caplog):
  def broken(frame):
    raise RuntimeError('secret')

  person = choosing.Choosing(visitors, broken).add('a', str(video))
  assert 'Something went wrong' in person.note and 'secret' not in person.note
  assert 'secret' in caplog.text


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


class Slow:
  """An engine that waits between its frames, one job at a time."""

  def __init__(self):
    self.go = threading.Event()
    self.begun = threading.Event()
    self.closed = 0

  def __call__(self, video, audio, output, **options):
    try:
      for index in range(25):
        yield dub.Written(index, 25, True, None)
        self.begun.set()
        assert self.go.wait(WAIT)
    finally:
      self.closed += 1


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
