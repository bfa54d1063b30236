"""The line of stages of one dubbing: decode, find faces, generate, paste."""

from collections.abc import Iterator

from input_pipeline import media
from lipsync_jax.inference import (
  choose,
  choosers,
  edit,
  follow,
  paste,
  pipe,
  plans,
  schedule,
  speech,
  stages,
)

# Pictures between two threads: enough to even out x264 and the detector.
_QUEUE = 4


def chooser(job: plans.Job, detector, expert) -> choosers.Chooser:
  """Whose lips a job changes.

  Raises:
    ValueError: who speaks is asked for and cannot be told.
  """
  where = None
  if job.face == 'speaker':
    if expert is None:
      raise ValueError('Face "speaker" needs an expert that tells who speaks.')
    # Here, so that all else does without JAX.
    from lipsync_jax.inference import speaking

    where = speaking.find(job.video, detector, expert)
  speakers = list(job.speakers) if job.speakers else None
  return choose.make(job.face, speakers=speakers, speaking=where)


def edited(
  job: plans.Job,
  plan: plans.Plan,
  clock: stages.Clock,
  *,
  generator: edit.Generator,
  detector,
  chooser: choosers.Chooser,
  reference: str,
  enhancer=None,
  first: int = 0,
) -> Iterator[edit.Edited]:
  """All but pasting and writing, each stage in a thread of its own.

  Args:
    job, plan: what is to be done.
    clock: counts decoding, detecting, cropping and generating.
    generator, detector, chooser, reference, enhancer, first: see `edit.edit`
      and `follow.follow`.
  """
  pictures = schedule.shown(
    job.video, plan.timing, seconds=plan.seconds, fit=job.fit
  )
  pictures = pipe.background(clock.work('decode', pictures), size=_QUEUE)
  found = follow.follow(
    clock.wait('detect', pictures),
    detector,
    chooser=chooser,
    fps=float(plan.timing.fps),
    every=job.detect_every,
  )
  found = clock.work('detect', pipe.closing(found, pictures))
  found = pipe.background(found, size=_QUEUE)
  windows = [
    speech.Windows(
      speech.feature_rows(media.audio_blocks(path), generator.sound),
      generator.sound,
    )
    for path in job.sounds
  ]
  edited = edit.edit(
    clock.wait('crop', found),
    windows,
    generator,
    batch_size=job.batch_size,
    reference=reference,
    first=first,
    enhancer=enhancer,
    timed=lambda: clock('generate', within='crop'),
  )
  edited = clock.work('crop', pipe.closing(edited, found))
  return pipe.background(edited, size=_QUEUE)


def pasted(
  frame: follow.Frame,
  mouths: list[edit.Mouth],
  plan: plans.Plan,
  clock: stages.Clock,
) -> media.Canvas:
  """A picture of the output, with its new mouths."""
  with clock('blend'):
    canvas = media.Canvas(frame.shown.picture, plan.format)
    for mouth in mouths:
      patch = paste.patch(
        (plan.format.width, plan.format.height),
        mouth.generated,
        mouth.box,
        original=mouth.original,
        strength=mouth.strength,
      )
      if patch is not None:
        canvas.blend(*patch)
    return canvas
