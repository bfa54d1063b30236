"""A file as the `ffmpeg` command gives it to programs that call it.

syncnet_python and Wav2Lip's evaluation turn every file into JPEGs and a WAV
with the command; these functions give the same frames and samples. They differ
from `read_pictures` and `read_audio`: time 0 is that of the earliest stream,
not of the picture; a picture that begins later is repeated from there on; and
what a coder added to fill its last frame of sound is kept. Held to ffmpeg 5.1:
samples differ by one level at most, see tests/as_command_test.py.
"""

import fractions
import itertools
import logging
from collections.abc import Iterator

import av
import av.filter
import numpy as np

from input_pipeline.media import container as containers
from input_pipeline.media import frames as frames_lib
from input_pipeline.media import pictures, probe

_log = logging.getLogger(__name__)

FPS = 25
SAMPLE_RATE = 16_000
# What `-async 1 -ac 1 -ar 16000 -acodec pcm_s16le` sets up in the command.
_FILTERS = (
  ('aresample', 'async=1:first_pts=0'),
  ('aformat', 'sample_fmts=s16:sample_rates=16000:channel_layouts=mono'),
)


def command_sound(path) -> np.ndarray:
  """Of `ffmpeg -i PATH -async 1 -ac 1 -vn -acodec pcm_s16le -ar 16000`.

  Returns:
    [n] int16, 16 kHz mono.

  Raises:
    MediaError: there is no sound, or none that can be decoded.
  """
  with containers.open_input(path) as container:
    stream = containers.need_audio(container, path)
    start = _start(container)
    graph, kind, pieces = None, None, []
    for frame in containers.decode(container, stream, path, _log):
      if graph is None:
        graph, kind = _graph(frame), _kind(frame)
      if _kind(frame) != kind:
        raise containers.MediaError(
          f'{path}: the sound changes its sample rate or channels midway; '
          'convert it to WAV first.'
        )
      if frame.pts is not None:
        frame.pts -= round(start / frame.time_base)
      graph.push(frame)
      pieces += _pull(graph)
    graph.push(None)
    pieces += _pull(graph)
  return np.concatenate([np.zeros(0, np.int16), *pieces])


def command_pictures(path) -> Iterator[pictures.Picture]:
  """Of `ffmpeg -i PATH -f image2 %06d.jpg`, before the JPEG coder.

  Yields:
    The frames; `time` counts from the start of the video stream.

  Raises:
    MediaError: nothing can be decoded, or there are not 25 frames a second,
      evenly spaced: the command would drop or repeat some in its own way.
  """
  yield from _with_repeats(_steady(path), _repeats(path))


def converted_pictures(
  path, *, first: int = 0, last: int | None = None
) -> Iterator[pictures.Picture]:
  """Of `ffmpeg -i PATH -r 25`, without the coder: any frame rate.

  Each is the frame on screen at its tick. The command chooses the nearest in
  time, which can be a neighbour.

  Args:
    path: any video.
    first, last: numbers of the frames wanted, from 0 on; `last` is wanted too.

  Yields, raises: as `command_pictures`, but for the frame rate.
  """
  repeats = _repeats(path)
  begin = max(0, first - repeats) / FPS
  found = _with_repeats(
    frames_lib.read_pictures(path, fps=FPS, start=begin),
    max(0, repeats - first),
  )
  yield from itertools.islice(found, None if last is None else last - first + 1)


def _with_repeats(
  found: Iterator[pictures.Picture], repeats: int
) -> Iterator[pictures.Picture]:
  for number, picture in enumerate(found):
    yield from itertools.repeat(picture, 1 + repeats * (number == 0))


def _steady(path) -> Iterator[pictures.Picture]:
  """Frames as they are stored; each 1/25 s after the one before."""
  rate = probe.probe(path).fps
  refusal = (
    f'{path}: has {float(rate):.4g} frames a second, or unevenly spaced ones; '
    'only 25 a second are judged as they are. Convert it first: '
    'ffmpeg -i IN -r 25 OUT.'
  )
  if rate != FPS:
    raise containers.MediaError(refusal)
  due = None
  for picture in frames_lib.read_pictures(path):
    due = picture.time if due is None else due + 1 / FPS
    if abs(picture.time - due) > 0.5 / FPS:
      raise containers.MediaError(refusal)
    yield picture


def _repeats(path) -> int:
  """How often the first picture is shown before its time."""
  with containers.open_input(path) as container:
    if containers.counts_packets(container):
      return 0  # Its times say nothing, see `containers.counts_packets`.
    start = _start(container)
  shown = containers.time(containers.first_frame(path, _log), start)
  return max(0, round((shown - start) * FPS))


def _start(container) -> fractions.Fraction:
  """The command's time 0: the file's start time, 0 if it has none."""
  return fractions.Fraction(container.start_time or 0, av.time_base)


def _kind(frame: av.AudioFrame) -> tuple:
  return frame.sample_rate, frame.format.name, frame.layout.name


def _graph(frame: av.AudioFrame) -> av.filter.Graph:
  graph = av.filter.Graph()
  nodes = [
    graph.add_abuffer(
      sample_rate=frame.sample_rate,
      format=frame.format.name,
      layout=frame.layout.name,
      time_base=frame.time_base or fractions.Fraction(1, frame.sample_rate),
    ),
    *(graph.add(*words) for words in _FILTERS),
    graph.add('abuffersink'),
  ]
  for a, b in itertools.pairwise(nodes):
    a.link_to(b)
  graph.configure()
  return graph


def _pull(graph: av.filter.Graph) -> Iterator[np.ndarray]:
  while True:
    try:
      yield graph.pull().to_ndarray().reshape(-1)
    except (av.error.BlockingIOError, av.error.EOFError):
      return
