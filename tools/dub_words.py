"""What tools.dub says of a job, before and after."""

import sys

from input_pipeline import faces
from lipsync_jax.inference import plans, thumbnails
from lipsync_jax.inference import report as report_lib


def plan(task, detector: faces.Detector) -> None:
  """What would be done; --dry-run."""
  job = task.job
  found = plans.make(job)
  timing, form = found.timing, found.format
  kind = 'constant' if timing.constant else 'variable'
  print(f'{job.video} -> {job.output}')
  print(
    f'  pictures: {form.width}x{form.height}, {form.pixels}, '
    f'{float(timing.fps):.3f} fps ({kind}), {timing.end:.2f} s'
  )
  for change in form.changes:
    print(f'            {change}')
  print(f'  sound:    {found.sound.description}')
  print(
    f'  output:   {float(found.seconds):.2f} s, about {found.total} frames'
    f'{_fit(job, found)}'
  )
  seen = thumbnails.find(job.video, detector)
  if not seen.faces:
    print('  faces:    none in the beginning')
  for number, face in enumerate(seen.faces):
    print(
      f'  face {number}:   {face.size:.0f} pixels high at '
      f'{seen.point(number)}, seen at {seen.seconds:.2f} s'
    )


def report(found: report_lib.Report) -> None:
  """What was done."""
  untouched = found.frames - found.edited
  new = found.frames - found.resumed_frames
  print(
    f'{found.output}: {found.frames} frames at {found.fps} fps, '
    f'{found.edited} edited, {untouched} passed through, '
    f'{new / found.elapsed_seconds:.1f} frames/s on {found.device}'
  )
  print(f'  {found.sound} {found.provenance[-1]}')
  for face in filter(None, found.faces):
    print(
      f'  the face at {face.x},{face.y} ({face.seconds:.2f} s): '
      f'{face.frames} frames'
    )
  for gap in found.passed_through:
    print(
      f'  {gap.start_seconds:.2f}-{gap.end_seconds:.2f} s left as it was: '
      f'{gap.reason}'
    )
  for warning in found.warnings:
    print(f'warning: {warning}', file=sys.stderr)


def _fit(job: plans.Job, found: plans.Plan) -> str:
  if found.timing.still:
    return ', of a still picture'
  if found.timing.end < float(found.seconds) - 0.5:
    return f', the video is shorter: {job.fit}'
  return ''
