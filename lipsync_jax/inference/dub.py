"""Dubbing: a video and a sound in, a video whose lips say the sound out."""

import contextlib
import dataclasses
import pathlib
import time
from collections.abc import Callable, Iterator

import numpy as np

import lipsync_jax
from input_pipeline import faces, media
from lipsync_jax.inference import (
  credentials,
  edit,
  fingerprint,
  line,
  plans,
  report,
  segments,
  stages,
)
from lipsync_jax.inference import tally as tally_lib


@dataclasses.dataclass(frozen=True, eq=False)
class Written:
  """One frame of the output is done.

  Attributes:
    index: which, from 0.
    total: of how many, as far as is known beforehand.
    edited: whether its lips are new.
    canvas: as written; None if a job before this one wrote it.
  """

  index: int
  total: int
  edited: bool
  canvas: media.Canvas | None

  @property
  def image(self) -> np.ndarray | None:
    """uint8 RGB [h, w, 3] as written."""
    return None if self.canvas is None else self.canvas.rgb()


def dub(
  video,
  audio,
  output,
  *,
  generator: edit.Generator,
  on_frame: Callable[[Written], None] | None = None,
  **options,
) -> report.Report:
  """Dubs a file; `events` without the events.

  Args:
    video, audio, output: see `plans.Job`.
    generator: see `edit.Generator`.
    on_frame: called after each frame, for progress.
    options: see `events` and `plans.Job`.

  Returns:
    The report. It is no error if no face was found: the video passes through
    and the report says so.

  Raises:
    MediaError, ValueError: see `events`.
  """
  with contextlib.closing(
    events(video, audio, output, generator=generator, **options)
  ) as stream:
    for event in stream:
      if isinstance(event, report.Report):
        return event
      if on_frame:
        on_frame(event)
  raise AssertionError('The last event is the report.')


def events(
  video,
  audio,
  output,
  *,
  generator: edit.Generator,
  detector: Callable | None = None,
  expert=None,
  enhancer: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
  signer: credentials.Signer | None = None,
  resume: bool = False,
  **options,
) -> Iterator[Written | report.Report]:
  """Dubs a file step by step.

  The output has the video's pictures at their own times, its size (cut to
  even), colours and depth, and the sound as it is wherever the container can
  hold it. Frames without a usable face pass through, and the report says which
  and why. Closing the generator early leaves no output.

  Args:
    video, audio, output: see `plans.Job`.
    generator: see `edit.Generator`.
    detector: see `input_pipeline.faces`; by default `make_detector()`.
    expert: a `measure.Judge`, for face 'speaker'.
    enhancer: see `edit.edit`.
    signer: who signs the C2PA manifest; None: there is none.
    resume: go on where the same job was broken off.
    options: the other fields of `plans.Job`.

  Yields:
    `Written` for every frame, then the `Report`.

  Raises:
    MediaError: a file cannot be read or written.
    ValueError: an option makes no sense.
  """
  begun = time.monotonic()
  job = plans.Job(video, audio, output, **options)
  plan = plans.make(job)
  if signer is not None:
    credentials.check(signer)
  detector = detector or faces.make_detector()
  chooser = line.chooser(job, detector, expert)
  reference = job.reference or generator.reference
  crf = media.choose_crf(video, plan.format) if job.crf is None else job.crf
  clock, tally = stages.Clock(), tally_lib.Tally()
  identity = fingerprint.of(
    job,
    generator=generator,
    detector=detector,
    enhancer=enhancer,
    expert=expert,
  )
  with segments.Segments(
    output,
    identity,
    format=plan.format,
    timing=plan.timing,
    crf=crf,
    threads=job.coder_threads,
    resume=resume,
  ) as pieces:
    edited = line.edited(
      job,
      plan,
      clock,
      generator=generator,
      detector=detector,
      chooser=chooser,
      reference=reference,
      enhancer=enhancer,
      first=pieces.done,
    )
    with contextlib.closing(edited):
      for frame, mouths in edited:
        done = frame.shown.index < pieces.done
        canvas = None if done else line.pasted(frame, mouths, plan, clock)
        with clock('encode'):
          pieces.write(
            canvas and canvas.frame(), frame.shown.time, frame.shown.end
          )
        has_mouth = any(box is not None for box in frame.boxes)
        tally.add(frame.shown, None if has_mouth else frame.reason)
        tally.see(frame.shown, frame.boxes)
        yield Written(frame.shown.index, plan.total, has_mouth, canvas)
    with clock('join'):
      parts, starts = pieces.finish()
      media.join(
        parts,
        pieces.whole,
        starts=starts,
        sound=plan.sound,
        seconds=plan.seconds,
        metadata={
          'comment': provenance(),
          fingerprint.TAG: fingerprint.tag(job, identity),
        },
      )
      signed = credentials.sign(
        pieces.whole,
        title=pathlib.Path(output).name,
        signer=signer,
        video=video,
        consent=job.consent,
      )
      pieces.publish()
  yield report.make(
    job,
    plan,
    tally,
    detector=detector.name,
    reference=reference,
    device=str(getattr(generator, 'device', 'unknown')),
    crf=crf,
    resumed=min(pieces.done, tally.frames),
    missing=chooser.missing,
    provenance=(f'Metadata: {provenance()}', signed),
    stage_seconds=clock.seconds,
    elapsed_seconds=time.monotonic() - begun,
  )


def provenance() -> str:
  """The tag every dubbed file carries."""
  return f'AI-edited: lips generated by lipsync_jax {lipsync_jax.__version__}'
