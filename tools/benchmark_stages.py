"""Where the preparation's CPU time goes, by stage.

The functions that do the work are wrapped while one video is prepared; the
product knows nothing of it. One thread decodes, so that what is used while a
stage runs is that stage's.
"""

import collections
import contextlib
import time
from collections.abc import Callable, Iterator
from unittest import mock

from input_pipeline import (
  chunks,
  looks,
  media,
  records,
  shots,
  tracking,
  tracks,
)
from input_pipeline.preparation import (
  candidates,
  cutting,
  parts,
  track_rows,
  track_scores,
)

# Calls by the stage they belong to; within another's call they count for
# themselves only.
_CALLS = {
  'opening': [(media, 'probe')],
  'shots': [(shots.CutFinder, 'add')],
  'detection': [
    (looks.Looker, '__call__'),
    (looks.Looker, '_detect_batch'),
  ],
  'tracking, smoothing, scores': [
    (tracking, 'link'),
    (track_rows, 'describe'),
    (cutting, 'plan'),
    (track_scores, 'speaking'),
    (track_scores, 'sharpness'),
  ],
  'cutting: RGB, warp': [(tracks, 'crop_picture')],
  'cutting: JPEG': [(records, 'encode_frame')],
  'sound, mel': [
    (media, 'read_audio_int16'),
    (chunks, 'samples'),
    (chunks, 'mel_with_context'),
  ],
  'writing': [(candidates.Store, 'write')],
}
_DECODING = 'decoding, twice'
_REST = 'rest'
# As they are done.
STAGES = ('opening', _DECODING, *list(_CALLS)[1:], _REST)


def measure(job: parts.Job) -> dict[str, float]:
  """Prepares a video; the CPU seconds of each of `STAGES`."""
  clock = Clock()
  with contextlib.ExitStack() as stack:
    for stage, calls in _CALLS.items():
      for owner, name in calls:
        wrapped = clock.call(stage, getattr(owner, name))
        stack.enter_context(mock.patch.object(owner, name, wrapped))
    for owner, name, stage in (
      (media, 'read_pictures', _DECODING),
      (cutting, 'cut', _REST),
    ):
      wrapped = clock.generator(stage, getattr(owner, name))
      stack.enter_context(mock.patch.object(owner, name, wrapped))
    with clock.stage(_REST):
      parts.run_job(job)
  return {stage: clock.seconds[stage] for stage in STAGES}


class Clock:
  """CPU seconds of this process, each given to one stage."""

  def __init__(self):
    self.seconds = collections.Counter()
    self._stage, self._since = '', time.process_time()

  @contextlib.contextmanager
  def stage(self, name: str) -> Iterator[None]:
    """All that is used in here is this stage's, but for stages within."""
    before = self._switch(name)
    try:
      yield
    finally:
      self._switch(before)

  def call(self, stage: str, function: Callable) -> Callable:
    def timed(*args, **kwargs):
      with self.stage(stage):
        return function(*args, **kwargs)

    return timed

  def generator(self, stage: str, function: Callable) -> Callable:
    def timed(*args, **kwargs):
      found = function(*args, **kwargs)
      end = object()
      while True:
        with self.stage(stage):
          item = next(found, end)
        if item is end:
          return
        yield item

    return timed

  def _switch(self, name: str) -> str:
    now, before = time.process_time(), self._stage
    self.seconds[before] += now - self._since
    self._stage, self._since = name, now
    return before
