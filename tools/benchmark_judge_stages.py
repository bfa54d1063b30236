"""Where the time of judging goes, by stage.

The functions that do the work are wrapped while videos are judged, as
`benchmark_stages` does; the product knows nothing of it.
"""

import contextlib
import pathlib
from collections.abc import Callable, Iterator, Sequence
from unittest import mock

import numpy as np

from input_pipeline import alignment, chunks, looks, media, sounds, windows
from lipsync_jax.judging import lse, measure
from tools import benchmark_stages, benchmark_table, benchmark_timed

MEASURE = 'measure'
LRS = 'LSE, LRS mode'
_REST = 'rest'
_DECODING, _SOUND, _TOWERS = 'decoding', 'sound', 'lip and sound tower'
_FACES, _JPEG = 'detection, tracking, crops', 'JPEG there and back'
# Calls and generators by the stage they belong to; all else is the rest.
STAGES = {
  MEASURE: {
    _DECODING: [(media, 'read_pictures')],
    _FACES: [(looks.Looker, '__call__'), (windows, 'all_frames')],
    _SOUND: [
      (media, 'read_audio_int16'),
      (chunks, 'samples'),
      (chunks, 'mel_with_context'),
      (windows, 'heard'),
    ],
    _TOWERS: [(measure.Judge, '_curve')],
  },
  LRS: {
    _DECODING: [(media, 'command_pictures')],
    _JPEG: [(media.JpegTrip, 'picture')],
    _SOUND: [(media, 'command_sound'), (sounds, 'clip_windows')],
    _TOWERS: [(lse, '_embed')],
  },
}


def timed(
  name: str, call: Callable, videos: Sequence[pathlib.Path]
) -> tuple[float, dict[str, float]]:
  """Seconds by the clock of one run, and CPU seconds by stage of another."""
  with benchmark_timed.timed() as done:
    for path in videos:
      call(path)
  clock = benchmark_stages.Clock()
  with _wrapped(clock, STAGES[name]), clock.stage(_REST):
    for path in videos:
      call(path)
  return done.seconds, {s: clock.seconds[s] for s in (*STAGES[name], _REST)}


def rows(
  name: str, found: Sequence[dict[str, float]], length: float
) -> list[dict[str, str]]:
  totals = [sum(each.values()) for each in found]
  frames = length * alignment.FPS
  return [
    {
      f'stage of {name}': stage,
      'CPU ms / frame': benchmark_table.spread(
        [1000 * each[stage] / frames for each in found]
      ),
      '%': benchmark_table.number(
        100 * float(np.median(np.divide([e[stage] for e in found], totals)))
      ),
    }
    for stage in found[0]
  ]


@contextlib.contextmanager
def _wrapped(clock: benchmark_stages.Clock, table) -> Iterator[None]:
  with contextlib.ExitStack() as stack:
    for stage, places in table.items():
      for owner, name in places:
        wrap = clock.generator if name.endswith('pictures') else clock.call
        wrapped = wrap(stage, getattr(owner, name))
        stack.enter_context(mock.patch.object(owner, name, wrapped))
    yield
