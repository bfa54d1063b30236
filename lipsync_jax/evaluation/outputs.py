"""The videos that are measured: made by the dubbing engine, in one codec."""

import dataclasses
import io
import pathlib
import wave
from typing import Any

import numpy as np

from input_pipeline import audio, faces, whole_file
from lipsync_jax.evaluation import protocol as protocols
from lipsync_jax.inference import dub, report


class _Nobody:
  """Finds no face: every frame passes through, and is coded like the others."""

  name = 'none'

  def __call__(self, frame: np.ndarray) -> list[faces.Detection]:
    return []


@dataclasses.dataclass(frozen=True)
class _Unused:
  """In place of a generator where no face is ever drawn."""

  image_size: int = 96
  sound: str = 'mel'
  reference_alignment: bool = False
  reference: str = 'fixed'
  fingerprint: str = 'unmodified'

  def __call__(
    self, sound: np.ndarray, faces: np.ndarray, reference: np.ndarray
  ) -> np.ndarray:
    return faces


def dubbed(
  video: pathlib.Path,
  sound: pathlib.Path,
  output: pathlib.Path,
  *,
  generator: Any,
  detector: Any,
  generate: protocols.Generate,
) -> report.Report:
  """A video whose lips a generator has changed.

  Args:
    video, sound, output: files; what is there is written over.
    generator: see `lipsync_jax.inference.edit.Generator`.
    detector: see `input_pipeline.faces`.
    generate: how.

  Raises:
    MediaError, ValueError: see `dub.events`.
  """
  return dub.dub(
    video,
    sound,
    output,
    generator=generator,
    detector=detector,
    coder_threads=1,  # the same every time
    **dataclasses.asdict(generate),
  )


def unmodified(
  video: pathlib.Path,
  sound: pathlib.Path,
  output: pathlib.Path,
  *,
  generate: protocols.Generate,
) -> report.Report:
  """The same with no lip changed: what coding alone does to a measure.

  Raises:
    MediaError, ValueError: see `dub.events`.
  """
  return dubbed(
    video,
    sound,
    output,
    generator=_Unused(),
    detector=_Nobody(),
    generate=generate,
  )


def silence(path: pathlib.Path, samples: int) -> pathlib.Path:
  """Writes a 16 kHz WAV file of digital silence."""
  content = io.BytesIO()
  with wave.open(content, 'wb') as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(audio.SAMPLE_RATE)
    file.writeframes(bytes(2 * samples))
  whole_file.write(path, content.getvalue())
  return path
