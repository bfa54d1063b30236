"""Dubbing: a video and a sound in, a video whose lips say the sound out."""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator

import numpy as np

import lipsync_jax
from input_pipeline import faces, media, tracks
from lipsync_jax.inference import (
  edit,
  follow,
  paste,
  pipe,
  plans,
  report,
  speech,
)

# Pictures between two threads: enough to even out x264 and the detector.
_QUEUE = 4


@dataclasses.dataclass(frozen=True, eq=False)
class Written:
  """One frame of the output is done.

  Attributes:
    index: which, from 0.
    total: of how many.
    edited: whether its lips are new.
    image: uint8 RGB [h, w, 3] as written.
  """

  index: int
  total: int
  edited: bool
  image: np.ndarray


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
    video, audio, output, generator, options: see `events`.
    on_frame: called after each frame, for progress.

  Returns:
    The report. It is no error if no face was found: the video passes through
    and the report says so.
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
  batch_size: int = 16,
  reference: str | None = None,
  detect_every: int = 5,
  crf: int = 18,
) -> Iterator[Written | report.Report]:
  """Dubs a file step by step.

  The output has the frame rate of the video (the average one, if it varies),
  its size (cut to even) and the length of the sound, with the sound at its own
  sample rate in mono or stereo. Frames without a usable face pass through.
  Closing the generator early leaves no file.

  Args:
    video: any video FFmpeg reads; see `schedule` if it is shorter or longer
      than the sound.
    audio: any file with sound, also a video.
    output: the .mp4 to write; appears when complete.
    generator: see `edit.Generator`.
    detector: see `input_pipeline.faces`; by default `make_detector()`.
    batch_size: pictures per call of the generator.
    reference: 'same' or 'fixed', see `edit.edit`; None: what suits the
      generator.
    detect_every: look for faces in every k-th frame.
    crf: quality of the output, see `media.VideoWriter`.

  Yields:
    `Written` for every frame, then the `Report`.

  Raises:
    MediaError: a file cannot be read or written.
    ValueError: an option makes no sense.
  """
  begun = time.monotonic()
  if batch_size < 1 or detect_every < 1:
    raise ValueError('batch_size and detect_every must be at least 1.')
  reference = reference or generator.reference
  plan = plans.make(video, audio, output)
  detector = detector or faces.make_detector()
  tally = report.Tally(plan.fps)
  source = plans.Source(video, plan)
  found = follow.follow(
    pipe.background(source.images(), size=_QUEUE),
    detector,
    fps=float(plan.fps),
    every=detect_every,
  )
  edited = edit.edit(
    pipe.background(found, size=_QUEUE),
    speech.Windows(
      speech.feature_rows(media.audio_blocks(audio), generator.sound),
      generator.sound,
    ),
    generator,
    fps=plan.fps,
    batch_size=batch_size,
    reference=reference,
  )
  sound = media.audio_blocks(
    audio, sample_rate=plan.sample_rate, channels=plan.channels
  )
  with (
    contextlib.closing(pipe.background(edited, size=_QUEUE)) as edited,
    media.VideoWriter(
      output,
      width=plan.width,
      height=plan.height,
      fps=plan.fps,
      audio=sound,
      sample_rate=plan.sample_rate,
      channels=plan.channels,
      crf=crf,
      metadata={'comment': provenance()},
      pixel_aspect=plan.pixel_aspect,
    ) as writer,
  ):
    for frame, generated, original in edited:
      image = frame.image
      if generated is not None:
        image = paste.paste(
          image,
          generated,
          frame.box,
          original=original,
          strength=frame.strength,
        )
      writer.write(image)
      tally.add('no face' if generated is None else None)
      yield Written(frame.index, plan.total, generated is not None, image)
  yield report.Report(
    version=lipsync_jax.__version__,
    video=str(video),
    audio=str(audio),
    output=str(output),
    frames=tally.frames,
    edited=tally.edited,
    passed_through=tally.ranges(),
    fps=str(plan.fps),
    seconds=float(plan.seconds),
    width=plan.width,
    height=plan.height,
    repeats=source.repeats,
    face_crop=tracks.FACE_CROP,
    detector=detector.name,
    reference=reference,
    device=str(getattr(generator, 'device', 'unknown')),
    elapsed_seconds=round(time.monotonic() - begun, 3),
    warnings=() if tally.edited else ('No face was found in any frame.',),
  )


def provenance() -> str:
  """The tag every dubbed file carries."""
  return f'AI-edited: lips generated by lipsync_jax {lipsync_jax.__version__}'
