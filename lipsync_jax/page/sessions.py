"""Temporary files: a folder per visitor, gone when the page is closed."""

import collections
import contextlib
import pathlib
import secrets
import shutil
import threading

from lipsync_jax.inference import thumbnails
from lipsync_jax.page import jobs


class Session:
  """What belongs to one open page.

  Attributes:
    uploads: files it was given.
    video, audio: those to be used.
    thumbnail: of that video.
    chosen: which of its faces, from 0.
    job: the last one.
    returned: it had ended already: the connection was lost for a while.
    ended: its page was closed.
    beginning: held while a job is begun.
  """

  def __init__(self, root: pathlib.Path, *, returned: bool = False):
    self.returned = returned
    self.ended = False
    self.beginning = threading.Lock()  # one job at a time
    self._root = root
    # Not to be guessed: who knows a file's path can fetch it.
    self._folder = root / f'visitor-{secrets.token_urlsafe(16)}'
    self._count = 0
    self.uploads: set[pathlib.Path] = set()
    self.video: str | None = None
    self.audio: str | None = None
    self.chosen: int | None = None
    self.thumbnail: thumbnails.Thumbnail | None = None
    self.job: jobs.Job | None = None

  @property
  def face(self) -> str:
    """The chosen one, as the engine's option."""
    if self.thumbnail is None or self.chosen is None:
      return 'largest'
    return self.thumbnail.point(self.chosen)

  def receive(self, path: str) -> None:
    """Takes note of an uploaded file, which goes when the session ends.

    Raises:
      ValueError: it was not uploaded. Who talks to the server without the page
        can name any file, and Gradio does not refuse it in all components.
    """
    place = pathlib.Path(path).resolve()
    if not (place.is_relative_to(self._root.resolve()) and place.is_file()):
      raise ValueError(f'{place.name} was not uploaded; please add it again.')
    self.uploads.add(pathlib.Path(path))

  def new_folder(self) -> pathlib.Path:
    """An empty folder that goes when the session ends."""
    self._count += 1
    folder = self._folder / str(self._count)
    folder.mkdir(parents=True)
    return folder

  def end(self) -> None:
    """Stops the job and removes the folder."""
    self.ended = True  # before it looks: see `running`
    if self.job:
      self.job.cancel()
      self.job.wait()
    shutil.rmtree(self._folder, ignore_errors=True)


class Sessions:
  """All open pages; uploads and the visitors' folders are inside `root`.

  Uploads are not in the visitors' folders: Gradio names them by their content,
  so two visitors who upload the same file share it. One that no open page uses
  any more is removed.
  """

  def __init__(self, root: pathlib.Path):
    self._root = root
    self._open: dict[str, Session] = {}
    self._ended: collections.deque[str] = collections.deque(maxlen=1000)
    self._lock = threading.Lock()

  def get(self, key: str) -> Session:
    """The session of this key, begun if need be."""
    with self._lock:
      if key not in self._open:
        self._open[key] = Session(self._root, returned=key in self._ended)
      return self._open[key]

  def end(self, key: str) -> None:
    """The page was closed: its files go."""
    with self._lock:
      session = self._open.pop(key, None)
      if session is None:
        return
      self._ended.append(key)
      used = set().union(*(other.uploads for other in self._open.values()))
    session.end()
    for path in session.uploads - used:
      path.unlink(missing_ok=True)
      with contextlib.suppress(OSError):  # another file of the same content
        path.parent.rmdir()

  def close(self) -> None:
    """Ends all."""
    for key in list(self._open):
      self.end(key)
