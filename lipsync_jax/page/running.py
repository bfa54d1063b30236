"""A visitor's jobs: begun, followed and cancelled."""

import dataclasses
import json
import shutil
from collections.abc import Iterator

from lipsync_jax.page import jobs, orders, sessions, views

PREVIEW_SECONDS = 3.0
_LOOK = 0.5  # seconds between two looks at a job


@dataclasses.dataclass(frozen=True)
class Outcome:
  """What is shown of a job.

  Attributes:
    status: HTML.
    running: whether it can be cancelled, and no other begun.
    video, report: files to download, once done.
    summary: of the report, HTML.
    facts: the report as a dictionary.
  """

  status: str
  running: bool = False
  video: str | None = None
  report: str | None = None
  summary: str | None = None
  facts: dict | None = None


class Running:
  """The page's answers; `key` names the visitor."""

  def __init__(
    self,
    visitors: sessions.Sessions,
    worker: jobs.Worker,
    *,
    max_minutes: float,
  ):
    self._visitors = visitors
    self._worker = worker
    self._max_minutes = max_minutes

  def sound(self, key: str, path: str | None) -> None:
    """A sound was added, or (None) taken away."""
    session = self._visitors.get(key)
    session.audio = None
    if path:
      session.receive(path)
      session.audio = path

  def cancel(self, key: str) -> None:
    """Stops the visitor's job, if there is one."""
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
      with session.beginning:  # a second click waits, and is refused
        job = self._begin(session, order)
    except ValueError as error:
      yield Outcome(views.notice(order.plain(str(error)), kind='bad'))
      return
    while not job.wait(_LOOK):
      ahead = self._worker.ahead(job)
      yield Outcome(views.progress(job.progress(), ahead=ahead), running=True)
    yield _over(job)

  def _begin(self, session: sessions.Session, order: orders.Order) -> jobs.Job:
    if session.job and not session.job.wait(0.0):
      raise ValueError('Your last dubbing is still running.')
    if session.returned and not (order.video and order.audio):
      raise ValueError(
        'The connection was lost, and your files were removed as if you had '
        'left. Please add them again.'
      )
    orders.check(order, max_minutes=self._max_minutes)
    if session.job:  # its result leaves the page
      shutil.rmtree(session.job.output.parent, ignore_errors=True)
    job = jobs.Job(order, session.new_folder() / order.name)
    self._worker.submit(job)
    session.job = job
    if session.ended:  # meanwhile; nobody else would stop it
      job.cancel()
    return job


def _over(job: jobs.Job) -> Outcome:
  if job.error:
    return Outcome(views.notice(job.error, kind='bad'))
  if job.report is None:
    return Outcome(views.notice('Cancelled; nothing was kept.'))
  report = job.output.with_suffix('.json')
  job.report.save(report)
  return Outcome(
    views.ready(job.report, preview=bool(job.order.preview)),
    video=str(job.output),
    report=str(report),
    summary=views.summary(job.report),
    facts=json.loads(job.report.to_json()),
  )
