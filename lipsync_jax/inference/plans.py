"""All that is known of a dubbing before the first frame is decoded."""

import dataclasses
import fractions
import pathlib
from collections.abc import Iterator

import numpy as np

from input_pipeline import media
from lipsync_jax.inference import schedule, speech

_SUFFIXES = ('.mp4', '.m4v', '.mov')


@dataclasses.dataclass(frozen=True)
class Plan:
  """What the output will be: pictures and sound."""

  fps: fractions.Fraction
  width: int
  height: int
  seconds: fractions.Fraction
  total: int
  sample_rate: int
  channels: int
  pixel_aspect: fractions.Fraction


def make(video, audio, output) -> Plan:
  """Looks at the inputs and checks that the job can be done.

  Raises:
    MediaError: an input cannot be read.
    ValueError: the output's name makes no sense.
  """
  _check_output(pathlib.Path(output), (video, audio))
  info = media.probe(video)
  sound = media.probe_audio(audio)
  if min(info.width, info.height) < 2:
    raise media.MediaError(f'{video}: {info.width}x{info.height} is too small.')
  seconds = speech.duration(audio)
  return Plan(
    fps=info.fps,
    width=info.width // 2 * 2,
    height=info.height // 2 * 2,
    seconds=seconds,
    total=schedule.frame_count(seconds, info.fps),
    sample_rate=sound.sample_rate,
    channels=min(sound.channels, 2),
    pixel_aspect=info.pixel_aspect,
  )


class Source:
  """The pictures of a plan, in order and of even size.

  Attributes:
    repeats: how often the source has turned round so far.
  """

  def __init__(self, path, plan: Plan):
    self._path = path
    self._plan = plan
    self.repeats = 0

  def images(self) -> Iterator[np.ndarray]:
    """Yields `plan.total` uint8 RGB pictures [height, width, 3]."""
    plan = self._plan
    before, step = -1, 1
    frames = schedule.source_frames(self._path, fps=plan.fps, total=plan.total)
    for number, image in frames:
      if (number - before) * step < 0:
        step = -step
        self.repeats += 1
      before = number
      yield np.ascontiguousarray(image[: plan.height, : plan.width])


def _check_output(output: pathlib.Path, inputs) -> None:
  if output.suffix.lower() not in _SUFFIXES:
    raise ValueError(f'{output}: the output must be called something.mp4.')
  if not output.parent.is_dir():
    raise ValueError(f'{output.parent}: no such folder.')
  if output.is_dir():
    raise ValueError(f'{output}: is a folder.')
  for path in map(pathlib.Path, inputs):
    if path.exists() and output.exists() and path.samefile(output):
      raise ValueError(f'{output}: the output would overwrite an input.')
