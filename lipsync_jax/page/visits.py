"""What the page does when a visitor does something; knows no Gradio."""

import dataclasses
import json
import logging
import pathlib
import shutil
import threading
from collections.abc import Iterator

import cv2
import numpy as np

from input_pipeline import faces, media
from lipsync_jax.page import jobs, orders, sessions, thumbnails, views

_log = logging.getLogger(__name__)

PREVIEW_SECONDS = 3.0
_LOOK = 0.5  # seconds between two looks at a job

_WRONG = 'Something went wrong with this file; the log has the details.'
_NO_FACE = (
  'No face was found in the first seconds. Frames without a face stay as they '
  'are; a picture from the front, in good light, works best.'
)


@dataclasses.dataclass(frozen=True)
class Person:
  """What is shown of the person.

  Attributes:
    note: HTML: facts, or what is wrong.
    picture: file with the numbered faces, or None.
    faces: how many there are.
    chosen: which of them, from 0; None if there is none.
  """

  note: str = ''
  picture: str | None = None
  faces: int = 0
  chosen: int | None = None


@dataclasses.dataclass(frozen=True)
class Outcome:
  """What is shown of a job.

  Attributes:
    status, summary: HTML.
    running: whether it can be cancelled, and no other begun.
    video, report: files to download, once done.
    facts: the report as a dictionary.
  """

  status: str
  summary: str | None = None
  running: bool = False
  video: str | None = None
  report: str | None = None
  facts: dict | None = None


class Visits:
  """The page's answers; `key` names the visitor."""

  def __init__(
    self,
    visitors: sessions.Sessions,
    worker: jobs.Worker,
    detector: faces.Detector,
    *,
    max_minutes: float,
  ):
    self._visitors = visitors
    self._worker = worker
    self._detector = detector
    self._looking = threading.Lock()  # detectors are for one thread at a time
    self._max_minutes = max_minutes

  def person(self, key: str, path: str | None) -> Person:
    """A video or picture was added, or (None) taken away."""
    session = self._visitors.get(key)
    session.video, session.thumbnail, session.chosen = path, None, None
    if path is None:
      return Person()
    session.uploads.add(pathlib.Path(path))
    name = pathlib.Path(path).name
    try:
      info = media.probe(path)
      with self._looking:
        session.thumbnail = thumbnails.find(path, self._detector)
    except ValueError as error:
      session.video = None
      return Person(views.notice(_named(path, str(error)), kind='bad'))
    except Exception:
      _log.exception('Looking for faces failed: %s', path)
      session.video = None
      return Person(views.notice(_WRONG, kind='bad'))
    found = session.thumbnail.faces
    facts = f'{name}: {info.width} × {info.height}'
    if info.duration > 0.1:
      facts += f', {float(info.fps):.5g} frames/s, {info.duration:.1f} s'
    if not found:
      note = views.notice(f'{facts}. {_NO_FACE}')
    elif len(found) == 1:
      note = views.notice(f'{facts}. One face found.', kind='good')
    else:
      note = views.notice(
        f'{facts}. {len(found)} faces found: click the one that shall speak.',
        kind='good',
      )
    # The largest face is what the engine takes by itself.
    sizes = [face.size for face in found]
    session.chosen = int(np.argmax(sizes)) if sizes else None
    return Person(note, _draw(session), len(found), session.chosen)

  def sound(self, key: str, path: str | None) -> None:
    """A sound was added, or (None) taken away."""
    session = self._visitors.get(key)
    session.audio = path
    if path:
      session.uploads.add(pathlib.Path(path))

  def click(self, key: str, x: float, y: float) -> int | None:
    """Which face a click on the picture means; the chosen one if none."""
    session = self._visitors.get(key)
    if session.thumbnail is None:
      return None
    index = session.thumbnail.at(x, y)
    return session.chosen if index is None else index

  def choose(self, key: str, index: int | None) -> str | None:
    """Takes that face; returns the file of the picture that shows it."""
    session = self._visitors.get(key)
    if session.thumbnail is None:
      return None
    if index is not None and 0 <= index < len(session.thumbnail.faces):
      session.chosen = index
    return _draw(session)

  def cancel(self, key: str) -> None:
    job = self._visitors.get(key).job
    if job:
      job.cancel()

  def run(
    self,
    key: str,
    *,
    agreed: bool,
    note: str = '',
    fit: str = 'bounce',
    crf: int | None = None,
    preview: float | None = None,
  ) -> Iterator[Outcome]:
    """Dubs; yields what to show, some times a second until it is over."""
    session = self._visitors.get(key)
    order = orders.Order(
      video=session.video,
      audio=session.audio,
      consent=orders.consent(agreed, note),
      face=session.face,
      fit=fit,
      crf=crf,
      preview=preview,
    )
    yield Outcome(views.progress(jobs.Progress('running')), running=True)
    try:
      if session.job and not session.job.wait(0):
        raise ValueError('Your last dubbing is still running.')
      orders.check(order, max_minutes=self._max_minutes)
      if session.job:  # its result leaves the page
        shutil.rmtree(session.job.output.parent, ignore_errors=True)
      job = jobs.Job(order, session.new_folder() / order.name)
      self._worker.submit(job)
      session.job = job
    except ValueError as error:
      yield Outcome(views.notice(order.plain(str(error)), kind='bad'))
      return
    while not job.wait(_LOOK):
      ahead = self._worker.ahead(job)
      yield Outcome(views.progress(job.progress(), ahead=ahead), running=True)
    yield _over(job)


def _over(job: jobs.Job) -> Outcome:
  if job.error:
    return Outcome(views.notice(job.error, kind='bad'))
  if job.report is None:
    return Outcome(views.notice('Cancelled; nothing was kept.'))
  report = job.output.with_suffix('.json')
  job.report.save(report)
  return Outcome(
    views.ready(job.report, preview=bool(job.order.preview)),
    summary=views.summary(job.report),
    video=str(job.output),
    report=str(report),
    facts=json.loads(job.report.to_json()),
  )


def _draw(session: sessions.Session) -> str:
  """The thumbnail in a file of its own: browsers keep pictures by name."""
  path = session.new_folder() / 'faces.jpg'
  image = session.thumbnail.draw(session.chosen)
  cv2.imwrite(str(path), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
  return str(path)


def _named(path: str, message: str) -> str:
  return message.replace(path, pathlib.Path(path).name)
