"""Opening files, and turning FFmpeg's errors into one-line reasons."""

import contextlib
import fractions
import os
import pathlib
import stat
from collections.abc import Iterator

import av

# Frame threads each hold a decoded frame; more than four gain little.
_MOST_THREADS = 4

_DAMAGED = 'not a media file, or cut off or damaged beyond reading.'


class MediaError(ValueError):
  """A file cannot be read or written; the message is one line saying why."""


class OutputError(MediaError):
  """An output cannot be written: a full disk, no permission."""


class NoSoundError(MediaError):
  """A file has no sound track."""


@contextlib.contextmanager
def open_input(path) -> Iterator[av.container.InputContainer]:
  """Opens a media file; FFmpeg's errors inside the block are `MediaError`s."""
  path = pathlib.Path(path)
  _check(path)
  try:
    # 'file:', or FFmpeg would take a name such as 'http:a.mp4' for an address.
    with av.open(f'file:{path}', metadata_errors='replace') as container:
      yield container
  except av.error.FFmpegError as error:
    raise MediaError(f'{path}: {reason(error)}') from error


def _check(path: pathlib.Path) -> None:
  try:
    found = path.stat()
  except FileNotFoundError:
    raise MediaError(f'{path}: no such file.') from None
  except OSError as error:  # no permission, a link to itself, ...
    raise MediaError(f'{path}: {error.strerror.lower()}.') from error
  if not stat.S_ISREG(found.st_mode):
    raise MediaError(f'{path}: not a file.')
  if not found.st_size:
    raise MediaError(f'{path}: the file is empty.')


def reason(error: av.error.FFmpegError) -> str:
  """FFmpeg's error in words a person can act on."""
  if isinstance(error, av.error.InvalidDataError | av.error.EOFError):
    return _DAMAGED
  return f'FFmpeg says: {error.strerror or error}.'


def video_stream(
  container, *, threads: int | None = None
) -> av.VideoStream | None:
  """The first moving picture of a known codec (an MP3's cover is no video).

  Args:
    container: an open file.
    threads: that decode, four at most; None: one per core.
  """
  for stream in container.streams.video:
    cover = stream.disposition & av.stream.Disposition.attached_pic
    if stream.codec_context is not None and not cover:
      stream.thread_type = 'AUTO'
      threads = threads or os.cpu_count() or 1
      stream.codec_context.thread_count = min(threads, _MOST_THREADS)
      return stream
  return None


def need_video(
  container, path, *, threads: int | None = None
) -> av.VideoStream:
  stream = video_stream(container, threads=threads)
  if stream is None:
    raise MediaError(f'{path}: holds no video.')
  return stream


def need_audio(container, path) -> av.AudioStream:
  """The first sound of a known codec (phones add one that FFmpeg has not)."""
  for stream in container.streams.audio:
    if stream.codec_context is not None:
      return stream
  raise NoSoundError(f'{path}: holds no sound.')


def origin(path, log, *, kind: str) -> fractions.Fraction:
  """The container's time that is time 0 for its 'video' or 'audio'.

  It is when the picture begins (without one, the sound). That is asked of the
  first decoded frame: the start time in the header is the whole file's in
  Matroska, and coders' priming and edit lists may come before it.
  """
  if kind == 'audio':
    with open_input(path) as container:
      if video_stream(container) and counts_packets(container):
        return fractions.Fraction(0)
  return time(first_frame(path, log), fractions.Fraction(0))


def first_frame(path, log):
  """The first picture of a file, or the first of its sound if it has none."""
  with open_input(path) as container:
    # Threads would each be given a frame before the first comes out.
    stream = video_stream(container, threads=1) or need_audio(container, path)
    frames = decode(container, stream, path, log)
    frame = next(frames)
    frames.close()
    return frame


def time(frame, default: fractions.Fraction) -> fractions.Fraction:
  """A frame's presentation time in seconds, `default` if it has none."""
  if frame.pts is None or frame.time_base is None:
    return default
  return frame.pts * frame.time_base


def decode(container, stream, path, log) -> Iterator:
  """Decodes a stream as far as it goes.

  A damaged packet is skipped and a file that breaks off simply ends, both with
  a warning, as long as something was decoded. A packet that is cut short is not
  even tried: what comes of it, and of those before it, depends on how many
  threads decode.

  Raises:
    MediaError: not one frame could be decoded.
  """
  count = 0
  problem = ''
  try:
    for packet in container.demux(stream):
      if packet.is_corrupt:
        problem = _DAMAGED
        continue
      try:
        for frame in packet.decode():
          count += 1
          if stream.type == 'video' and counts_packets(container):
            frame.pts = frame.dts
          yield frame
      except av.error.InvalidDataError as error:
        problem = reason(error)
  except av.error.FFmpegError as error:
    problem = reason(error)
  if not count:
    why = problem or 'the stream is empty.'
    raise MediaError(f'{path}: no {stream.type} could be decoded: {why}')
  if problem:
    log.warning('%s: damaged %s: %s', path, stream.type, problem)


def counts_packets(container) -> bool:
  """Whether the file numbers its packets instead of timing its pictures.

  In AVI with B-frames FFmpeg's presentation times are out of order; decoding
  times are in order, but late by the reordering, which must not move the sound.
  """
  return container.format.name == 'avi'
