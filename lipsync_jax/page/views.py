"""Parts of the page as HTML: progress, notices, the report in words."""

import base64
import fractions
import html

import cv2
import numpy as np

from lipsync_jax.inference import report as reports
from lipsync_jax.page import jobs

_LOOK_SIDE = 480  # pixels of the live picture's long side
_MOST_RANGES = 12

EMPTY = '<div class="empty">Your video appears here.</div>'


def head(*, private: bool) -> str:
  """Title and what it does; whether only this computer can open the page."""
  where = ' Your files stay on this computer.' if private else ''
  return (
    '<h1>Dub a face</h1><p>A video or picture of a person, and a sound: the '
    f'lips will say it.{where}</p>'
  )


def step(number: int, title: str) -> str:
  """A numbered heading."""
  return f'<div class="step"><b>{number}</b><h2>{html.escape(title)}</h2></div>'


def notice(text: str, *, kind: str = 'info') -> str:
  """A line in a box: 'info', 'good', or 'bad', which is read out at once."""
  role = 'alert' if kind == 'bad' else 'status'
  return f'<div class="note {kind}" role="{role}">{html.escape(text)}</div>'


def progress(state: jobs.Progress, *, ahead: int = 0) -> str:
  """A bar with frames, speed and time left, above the newest frame.

  Args:
    state: of the job.
    ahead: how many jobs come before it.
  """
  share = state.written / state.total if state.total else 0.0
  if state.state == 'waiting' and ahead:
    plural = 's' if ahead > 1 else ''
    title, detail = 'Waiting', f'{ahead} dubbing{plural} before yours'
  elif state.state == 'cancelling':
    title, detail = 'Cancelling', 'after the frame in hand'
  elif not state.total:
    title, detail = 'Getting ready', 'reading the files'
  else:
    title = f'{share:.0%}'
    detail = f'frame {state.written} of {state.total}'
    if state.fps:
      detail += f' · {_speed(state.fps)} frames/s'
      detail += f' · {_duration(state.seconds_left)} left'
  moving = '' if state.total else ' moving'
  bar = (
    f'<div class="bar{moving}" role="progressbar" aria-valuemin="0" '
    f'aria-valuemax="100" aria-valuenow="{100 * share:.0f}" '
    f'aria-label="Dubbing"><i style="width:{100 * share:.1f}%"></i></div>'
  )
  look = '' if state.image is None else _picture(state.image)
  return (
    f'<div class="progress"><div class="facts"><b>{title}</b>'
    f'<span>{detail}</span></div>{bar}{look}</div>'
  )


def ready(report: reports.Report, *, preview: bool) -> str:
  """That it is done, and the report's warnings."""
  text = 'The preview is ready.' if preview else 'Your video is ready.'
  lines = [notice(text, kind='good' if report.edited else 'info')]
  return ''.join(lines + [notice(warning) for warning in report.warnings])


def summary(report: reports.Report) -> str:
  """Tables of what was edited, and what was not and why."""
  kept = report.frames - report.edited
  share = report.edited / report.frames if report.frames else 0
  rate = float(fractions.Fraction(report.fps))
  speed = report.frames / max(report.elapsed_seconds, 1e-3)
  rows = [
    ('New lips', f'{report.edited} of {report.frames} frames ({share:.0%})'),
    ('Left as they were', f'{kept} frames' if kept else 'none'),
    (
      'Result',
      f'{report.width} × {report.height}, {rate:.5g} frames/s, '
      f'{report.seconds:.1f} s',
    ),
    ('Colours', '; '.join(report.picture_changes) or 'as in the source'),
    ('Sound', report.sound),
    ('Consent', report.consent or 'not stated'),
    (
      'Took',
      f'{_duration(report.elapsed_seconds)} ({_speed(speed)} frames/s)',
    ),
  ]
  if report.repeats:
    times = 'once' if report.repeats == 1 else f'{report.repeats} times'
    rows.append(
      ('Video shorter than sound', f'repeated {times} ({report.fit})')
    )
  body = ''.join(
    f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(value)}</td>'
    '</tr>'
    for name, value in rows
  )
  table = f'<table class="report"><tbody>{body}</tbody></table>'
  return table + (_ranges(report.passed_through) if kept else '')


def _ranges(ranges) -> str:
  """A table of what passed through, the first dozen."""
  rows = ''.join(
    f'<tr><td>{gap.start_seconds:.2f} to {gap.end_seconds:.2f} s</td>'
    f'<td>{gap.last - gap.first + 1}</td>'
    f'<td>{html.escape(gap.reason)}</td></tr>'
    for gap in ranges[:_MOST_RANGES]
  )
  more = len(ranges) - _MOST_RANGES
  if more > 0:
    rows += (
      f'<tr><td colspan="3">and {more} more: see the report file</td></tr>'
    )
  return (
    '<table class="report"><caption>Left as it was</caption><thead><tr>'
    '<th scope="col">When</th><th scope="col">Frames</th>'
    f'<th scope="col">Why</th></tr></thead><tbody>{rows}</tbody></table>'
  )


def _picture(image: np.ndarray) -> str:
  """A small copy, inside the page: nothing to fetch, nothing to remove."""
  scale = min(1, _LOOK_SIDE / max(image.shape))
  size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
  small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
  _, data = cv2.imencode(
    '.jpg', small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 70]
  )
  source = base64.b64encode(data.tobytes()).decode('ascii')
  return f'<img alt="Newest frame" src="data:image/jpeg;base64,{source}">'


def _speed(fps: float) -> str:
  return f'{fps:.1f}' if fps < 10 else f'{fps:.0f}'


def _duration(seconds: float) -> str:
  """3 s, 2 min 5 s, 1 h 20 min."""
  whole = round(seconds)
  if whole < 60:
    return f'{whole} s'
  if whole < 3600:
    return f'{whole // 60} min {whole % 60} s'
  return f'{whole // 3600} h {whole // 60 % 60} min'
