"""Encoding pictures and AAC into .mp4, sound in step with the picture."""

import contextlib
import fractions
import os
import pathlib
from collections.abc import Iterable

import av
import numpy as np

from input_pipeline.media import colour, encoding, formats, sound_writer
from input_pipeline.media import container as containers

# Of pictures with times of their own: MPEG's clock, in which 24, 25, 30 and
# 30000/1001 frames a second are whole numbers.
_CLOCK = fractions.Fraction(1, 90_000)


class VideoWriter:
  """Writes a video frame by frame; use as a context manager.

  The file appears under its name only at a clean exit: until then it is a
  hidden file beside it, which an exception removes. Memory does not grow with
  the length, except for the index MP4 keeps (about 100 bytes a frame).
  """

  def __init__(
    self,
    path,
    *,
    width: int | None = None,
    height: int | None = None,
    fps,
    format: formats.Format | None = None,
    audio: np.ndarray | Iterable[np.ndarray] | None = None,
    sample_rate: int = 16_000,
    channels: int = 1,
    crf: int = 18,
    preset: str | None = None,
    metadata: dict[str, str] | None = None,
    pixel_aspect: fractions.Fraction | int = 1,
    repeatable: bool = False,
  ):
    """Opens the file.

    Args:
      path: where to, '.mp4'.
      width, height: pixels, even (yuv420p halves them); not with `format`.
      fps: frame rate, constant unless `write` is given times.
      format: size, coder, depth, colours and pixel aspect; None: 8 bits, in
        the colours usual for the size.
      audio: f32 -1..1, [n] or [n, channels], or an iterable of [n, channels]
        blocks, taken only as fast as the picture advances.
      sample_rate: of `audio`; resampled to 48 kHz if AAC does not know it.
      channels: of `audio` blocks, 1 or 2.
      crf: the coder's quality, 0 best to 51; 18 looks like the source.
      preset: the coder's speed; None: one that is fast for its size.
      metadata: tags of the container, such as {'comment': 'made by hand'}.
      pixel_aspect: width by height of a pixel as shown; not with `format`.
      repeatable: the same pictures give the same bytes; files are a bit larger.

    Raises:
      MediaError: odd sizes, or a folder that cannot be written.
    """
    if format is None:
      format = formats.plain_format(width, height, pixel_aspect=pixel_aspect)
    if format.width % 2 or format.height % 2:
      raise containers.MediaError(
        f'{format.width}x{format.height}: 4:2:0 needs even sizes; crop or pad.'
      )
    self._format = format
    self._converter = colour.Converter()
    self._path = pathlib.Path(path)
    self._fps = fractions.Fraction(fps).limit_denominator(1001)
    self._frames = 0
    name = f'.{self._path.stem}.{os.getpid()}.part{self._path.suffix or ".mp4"}'
    self._temporary = self._path.with_name(name)
    with self._errors():
      self._container = av.open(
        # 'file:', or FFmpeg would take 'a:b.mp4' for an address.
        f'file:{self._temporary}',
        'w',
        format='mp4',
        options={'movflags': '+faststart+use_metadata_tags'},
      )
    self._container.metadata.update(metadata or {})
    self._crf, self._preset = crf, preset
    self._repeatable = repeatable
    self._video = None  # the first picture tells whether times are given
    self._sound = None
    if audio is not None:
      if isinstance(audio, np.ndarray):
        channels = 1 if audio.ndim == 1 else audio.shape[1]
        audio = [audio.reshape(-1, channels)]
      self._sound = sound_writer.SoundWriter(
        self._container, audio, sample_rate, channels
      )

  def write(
    self,
    frame: np.ndarray | av.VideoFrame,
    *,
    time: fractions.Fraction | None = None,
    end: fractions.Fraction | None = None,
  ) -> None:
    """Encodes one picture and the sound that goes with it.

    Args:
      frame: uint8 RGB [h, w, 3], or a frame of the format, such as
        `Format.frame_of` and `Canvas.frame` make.
      time: seconds at which it appears, for variable rates: for every picture
        or for none, rising. None: k / fps.
      end: seconds at which it disappears; None: 1 / fps later.
    """
    picture = self._picture(frame)
    constant = time is None
    clock = 1 / self._fps if constant else _CLOCK
    if constant:
      time = self._frames / self._fps
    if end is None:
      end = time + 1 / self._fps
    with self._errors():
      if self._video is None:
        self._video = encoding.open_video(
          self._container,
          self._format,
          fps=self._fps,
          time_base=clock,
          crf=self._crf,
          preset=self._preset,
          reorder=constant,
          repeatable=self._repeatable,
        )
      picture.pts, picture.time_base = round(time / clock), clock
      picture.duration = round((end - time) / clock)
      self._frames += 1
      self._container.mux(encoding.encode(self._video, picture))
      if self._sound:
        self._sound.advance(end)

  def _picture(self, frame) -> av.VideoFrame:
    wanted = self._format
    if isinstance(frame, av.VideoFrame):
      found = (frame.width, frame.height, frame.format.name)
      if found != (wanted.width, wanted.height, wanted.pixels):
        raise containers.MediaError(
          f'Expected a frame of {wanted}, got {found}.'
        )
      return frame
    size = (wanted.height, wanted.width)
    if frame.shape[:2] != size or frame.dtype != np.uint8:
      raise containers.MediaError(
        f'Expected uint8 RGB {size}, got {frame.dtype} {frame.shape}.'
      )
    return wanted.frame_of_rgb(frame, self._converter)

  def close(self) -> None:
    """Finishes the file and gives it its name."""
    if not self._frames:
      raise containers.MediaError(f'{self._path}: no frame was written.')
    with self._errors():
      if self._sound:
        self._sound.advance(None)
      self._container.mux(encoding.encode(self._video, None))
      self._container.close()
      os.replace(self._temporary, self._path)

  def __enter__(self):
    return self

  def __exit__(self, kind, value, traceback):
    try:
      if kind is None:
        self.close()
    finally:
      with contextlib.suppress(av.error.FFmpegError):
        self._container.close()
      self._temporary.unlink(missing_ok=True)

  @contextlib.contextmanager
  def _errors(self):
    """A full disk and the like, as one line."""
    try:
      yield
    except OSError as error:
      raise containers.OutputError(
        f'{self._path}: cannot be written: {error.strerror or error}.'
      ) from error
