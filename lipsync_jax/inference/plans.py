"""A dubbing before it begins: what is asked for, and what will be done."""

import dataclasses
import fractions
import math
import os
import pathlib
from collections.abc import Mapping

from input_pipeline import media
from lipsync_jax.inference import choose, repeats, schedule, soundtrack

SUFFIXES = ('.mp4', '.m4v', '.mov', '.mkv')

_BROKEN_OFF = 0.5  # seconds that a file says to have and has not

_Path = str | os.PathLike


@dataclasses.dataclass(frozen=True)
class Job:
  """One file to be dubbed.

  Attributes:
    video: any video or still picture FFmpeg reads.
    audio: any file with sound, also a video; or None and `speakers`.
    output: the .mp4, .m4v, .mov or .mkv to write; appears when complete.
    speakers: number of a face (see `people`) -> the sound it shall say.
    face: whose lips are changed, see `choose.parse`.
    fit: what is shown where the video is shorter than the sound, see
      `schedule`.
    keep_sound: the video's own sound is mixed in at this many decibels.
    preview: seconds; only the beginning is made.
    batch_size: faces per call of the generator.
    reference: 'same' or 'fixed', see `edit.edit`; None: what suits the
      generator.
    detect_every: look for faces in every k-th frame, and twice a second.
    crf: quality, 0 best to 51; None: so that frames nobody edits stay above
      45 dB, see `media.choose_crf`.
    coder_threads: of the picture's coder; 1 where the same job must give the
      same bytes, see `media.VideoWriter`.
    consent: who agreed to this, recorded in the report.
  """

  video: _Path
  audio: _Path | None
  output: _Path
  speakers: Mapping[int, _Path] | None = None
  face: str = 'largest'
  fit: str = 'bounce'
  keep_sound: float | None = None
  preview: float | None = None
  batch_size: int = 16
  reference: str | None = None
  detect_every: int = 5
  crf: int | None = None
  coder_threads: int = 0
  consent: str | None = None

  @property
  def sounds(self) -> list[_Path]:
    """What is said, one for each face."""
    return list(self.speakers.values()) if self.speakers else [self.audio]

  def check(self) -> None:
    """Says what makes no sense before any file is opened.

    Raises:
      ValueError: something does not.
    """
    if (self.audio is None) == (not self.speakers):
      raise ValueError('Give either one sound, or one for each speaker.')
    if self.speakers and self.face != 'largest':
      raise ValueError('Speakers are chosen by their numbers, not by a face.')
    choose.parse(self.face)
    if self.fit not in schedule.FITS:
      raise ValueError(f'fit {self.fit!r}: choose {", ".join(schedule.FITS)}.')
    if self.batch_size < 1 or self.detect_every < 1:
      raise ValueError('batch_size and detect_every must be at least 1.')
    if self.reference not in (None, 'same', 'fixed'):
      raise ValueError(f'Unknown reference {self.reference!r}: same or fixed.')
    if self.crf is not None and not 0 <= self.crf <= 51:
      raise ValueError('crf: choose 0 (best) to 51.')
    if self.preview is not None and not 0 < self.preview < math.inf:
      raise ValueError('preview: seconds, more than 0.')
    check_output(pathlib.Path(self.output), [self.video, *self.sounds])


@dataclasses.dataclass(frozen=True, eq=False)
class Plan:
  """What will be written.

  Attributes:
    timing: of the video, see `repeats.lively`.
    format: of the pictures.
    sound: what will be heard.
    seconds: exact length.
    total: frames; not exact where a variable rate is repeated.
    warnings: what of the inputs one should know, one line each.
  """

  timing: media.Timing
  format: media.Format
  sound: soundtrack.Soundtrack
  seconds: fractions.Fraction
  total: int
  warnings: tuple[str, ...] = ()


def make(job: Job) -> Plan:
  """Looks at the inputs and checks that the job can be done.

  Raises:
    MediaError: an input cannot be read.
    ValueError: the job makes no sense.
  """
  job.check()
  info = media.probe(job.video)
  timing = repeats.lively(media.timing(job.video))
  first = next(media.read_pictures(job.video, threads=1))
  sound = soundtrack.make(
    job.sounds,
    output=job.output,
    seconds=_seconds(job.preview),
    video=job.video,
    keep_db=job.keep_sound,
  )
  seconds = schedule.length(timing, sound.seconds, job.fit)
  if job.preview is not None:
    seconds = min(seconds, _seconds(job.preview))
  return Plan(
    timing=timing,
    format=media.output_format(first, pixel_aspect=info.pixel_aspect),
    sound=sound,
    seconds=seconds,
    total=max(1, round(seconds * timing.fps)),
    warnings=_warnings(info, timing),
  )


def _warnings(info: media.VideoInfo, timing: media.Timing) -> tuple[str, ...]:
  if info.duration - timing.end < _BROKEN_OFF:
    return ()
  return (
    f'The video is cut off: {timing.end:.1f} of {info.duration:.1f} s can be '
    'read.',
  )


def _seconds(value: float | None) -> fractions.Fraction | None:
  if value is None:
    return None
  return fractions.Fraction(value).limit_denominator(10**6)


def check_output(output: pathlib.Path, inputs) -> None:
  """That it can be a video's name, and is none of the inputs.

  Raises:
    ValueError: otherwise.
  """
  if output.suffix.lower() not in SUFFIXES:
    raise ValueError(f'{output}: the output must end in {", ".join(SUFFIXES)}.')
  if not output.parent.is_dir():
    raise ValueError(f'{output.parent}: no such folder.')
  if output.is_dir():
    raise ValueError(f'{output}: is a folder.')
  for path in map(pathlib.Path, inputs):
    if path.exists() and output.exists() and path.samefile(output):
      raise ValueError(f'{output}: the output would overwrite an input.')
