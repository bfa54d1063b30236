"""What a dubbing did, for people (JSON) and for programs."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping

import lipsync_jax
from input_pipeline import tracks
from lipsync_jax.inference import plans
from lipsync_jax.inference import tally as tally_lib


@dataclasses.dataclass(frozen=True)
class Report:
  """The account of one dubbed file.

  Attributes:
    version: of lipsync_jax.
    video, output: the files.
    audio: of each face that was asked for, the sound it says.
    face: who was asked for; 'speakers' or the numbers of several.
    faces: where each of them was found; null if it never was.
    frames, edited: how many were written, and how many of them with new lips.
    passed_through: the others, as ranges with reasons.
    fps: exact frame rate, such as '30000/1001'; the average of a variable one.
    variable_fps: whether pictures come at their own times.
    seconds: length of the output.
    width, height: of the output, pixels.
    pixels: its format, such as 'yuv420p', and of what the picture was made.
    picture_changes: what of the picture's format was not kept, one line each.
    sound: what became of the sound, in words.
    fit: what was done where the video was shorter than the sound.
    repeats: how often the source was started anew, forwards or backwards.
    crf: quality of the output.
    face_crop: name of the crop convention.
    detector, reference: as used.
    device: what the generator ran on.
    consent: who agreed, as stated.
    resumed_frames: of a broken job before this one.
    stage_seconds: work of each stage; they run at the same time.
    elapsed_seconds: wall time.
    warnings: one line each.
    provenance: what marks in the file say that it was edited.
  """

  version: str
  video: str
  output: str
  audio: tuple[str, ...]
  face: str
  faces: tuple[tally_lib.Face | None, ...]
  frames: int
  edited: int
  passed_through: tuple[tally_lib.Range, ...]
  fps: str
  variable_fps: bool
  seconds: float
  width: int
  height: int
  pixels: str
  picture_changes: tuple[str, ...]
  sound: str
  fit: str
  repeats: int
  crf: int
  face_crop: str
  detector: str
  reference: str
  device: str
  consent: str | None
  resumed_frames: int
  stage_seconds: dict[str, float]
  elapsed_seconds: float
  warnings: tuple[str, ...] = ()
  provenance: tuple[str, ...] = ()

  def to_json(self) -> str:
    return json.dumps(dataclasses.asdict(self), indent=2)

  def save(self, path) -> None:
    pathlib.Path(path).write_text(self.to_json() + '\n', encoding='utf-8')


def make(
  job: plans.Job,
  plan: plans.Plan,
  tally: tally_lib.Tally,
  *,
  crf: int,
  resumed: int,
  missing: str,
  stage_seconds: Mapping[str, float],
  elapsed_seconds: float,
  **facts,
) -> Report:
  """The report of a finished job.

  Args:
    job, plan, tally: what was asked for, planned and done.
    missing: what was asked for and never seen, in words.
    crf, resumed, stage_seconds, elapsed_seconds, facts: see `Report`.
  """
  warnings = [*plan.warnings, *([missing] if missing else [])]
  if not tally.edited:
    warnings.append('No face was edited in any frame.')
  return Report(
    version=lipsync_jax.__version__,
    video=str(job.video),
    output=str(job.output),
    audio=tuple(map(str, job.sounds)),
    face=', '.join(map(str, job.speakers)) if job.speakers else job.face,
    faces=tally.faces(len(job.sounds)),
    frames=tally.frames,
    edited=tally.edited,
    passed_through=tally.ranges(),
    fps=str(plan.timing.fps),
    variable_fps=not plan.timing.constant,
    seconds=float(plan.seconds),
    width=plan.format.width,
    height=plan.format.height,
    pixels=plan.format.pixels,
    picture_changes=plan.format.changes,
    sound=plan.sound.description,
    fit=job.fit,
    repeats=tally.repeats,
    crf=crf,
    face_crop=tracks.FACE_CROP,
    consent=job.consent,
    resumed_frames=resumed,
    stage_seconds={k: round(v, 3) for k, v in stage_seconds.items()},
    elapsed_seconds=round(elapsed_seconds, 3),
    warnings=tuple(warnings),
    **facts,
  )
