"""What every writer takes."""

import abc

import numpy as np

SAMPLE_RATE = 16_000  # of all sound here, as in records


class Writer(abc.ABC):
  """Takes what a run tells of itself."""

  @abc.abstractmethod
  def write(self, step: int, metrics: dict[str, float]) -> None:
    """One row. Names read 'train/l1', 'val/accuracy'."""

  @abc.abstractmethod
  def write_images(self, step: int, images: dict[str, np.ndarray]) -> None:
    """Pictures [h, w, 3], uint8 RGB, by name."""

  @abc.abstractmethod
  def write_video(
    self,
    step: int,
    name: str,
    frames: np.ndarray,
    audio: np.ndarray,
    *,
    fps: int = 25,
  ) -> None:
    """A clip with its sound.

    Args:
      step: of the run.
      name: of the clip.
      frames: [t, h, w, 3] uint8 RGB.
      audio: [n] int16, or float of -1..1; 16 kHz.
      fps: frames per second.
    """

  def sync(self) -> None:  # noqa: B027 - most have nothing to do
    """Puts what was written on the disk, before a checkpoint relies on it."""

  @abc.abstractmethod
  def close(self, *, failed: bool = False) -> None:
    """Ends it; `failed`: before the run's last step."""


class Silent(Writer):
  """Writes nothing: of the hosts other than the first."""

  def write(self, step, metrics):
    del step, metrics

  def write_images(self, step, images):
    del step, images

  def write_video(self, step, name, frames, audio, *, fps=25):
    del step, name, frames, audio, fps

  def close(self, *, failed=False):
    del failed


def unit_sound(audio: np.ndarray) -> np.ndarray:
  """[n] float32, -1..1, of int16 or of float."""
  if audio.dtype == np.int16:
    return audio.astype(np.float32) / 2**15
  return np.clip(audio, -1, 1).astype(np.float32)
