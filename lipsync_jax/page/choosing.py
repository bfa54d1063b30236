"""Of whom a visitor shows a video or picture, and which face is meant."""

import dataclasses
import logging
import pathlib
import threading
from collections.abc import Callable

import cv2
import numpy as np

from input_pipeline import media
from lipsync_jax.inference import thumbnails
from lipsync_jax.page import sessions, views

_log = logging.getLogger(__name__)

_WRONG = 'Something went wrong with this file; the log has the details.'
_NO_FACE = (
  'No face was found in the first seconds. Frames without a face stay as they '
  'are; a person who faces the camera, in good light, works best.'
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


class Choosing:
  """The page's answers; `key` names the visitor."""

  def __init__(self, visitors: sessions.Sessions, detector: Callable):
    self._visitors = visitors
    self._detector = detector
    self._looking = threading.Lock()  # detectors are for one thread at a time

  def add(self, key: str, path: str | None) -> Person:
    """A video or picture was added, or (None) taken away."""
    session = self._visitors.get(key)
    session.video, session.thumbnail, session.chosen = None, None, None
    if path is None:
      return Person()
    name = pathlib.Path(path).name
    try:
      session.receive(path)
      info = media.probe(path)
      with self._looking:
        session.thumbnail = thumbnails.find(path, self._detector)
    except ValueError as error:
      return Person(views.notice(str(error).replace(path, name), kind='bad'))
    except Exception:
      _log.exception('Looking for faces failed: %s', path)
      return Person(views.notice(_WRONG, kind='bad'))
    session.video = path
    sizes = [face.size for face in session.thumbnail.faces]
    # The largest is what the engine takes by itself.
    session.chosen = int(np.argmax(sizes)) if sizes else None
    facts = f'{name}: {info.width} × {info.height}'
    if info.duration > 0.1:
      facts += f', {float(info.fps):.5g} frames/s, {info.duration:.1f} s'
    kind = 'good' if sizes else 'info'
    note = views.notice(f'{facts}. {_found(len(sizes))}', kind=kind)
    return Person(note, _draw(session), len(sizes), session.chosen)

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


def _found(count: int) -> str:
  if not count:
    return _NO_FACE
  if count == 1:
    return 'One face found.'
  return f'{count} faces found: click the one that shall speak.'


def _draw(session: sessions.Session) -> str:
  """The thumbnail in a file of its own: browsers keep pictures by name."""
  path = session.new_folder() / 'faces.jpg'
  image = session.thumbnail.draw(session.chosen)
  cv2.imwrite(str(path), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
  return str(path)
