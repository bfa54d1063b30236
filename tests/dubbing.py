"""A small video, a sound with clicks, and one call to dub them."""

import numpy as np

import lipsync_jax
from input_pipeline import media
from tests import fakes, videos

CLICKS = (0.5, 1.02, 1.5)  # seconds


def picture(level=120, width=96, height=96):
  """A smooth grey picture, so that H.264 keeps it."""
  y, x = np.mgrid[:height, :width]
  wave = level + 30 * np.sin(x / 15) * np.cos(y / 20)
  return np.repeat(wave[..., None], 3, -1).clip(0, 255).astype(np.uint8)


def click_sound(path):
  """Two seconds of silence with a burst of 10 ms at each of `CLICKS`."""
  samples = np.zeros(32_000, np.float32)
  rng = np.random.default_rng(0)
  for click in CLICKS:
    start = round(click * 16_000)
    samples[start - 80 : start + 80] = rng.uniform(-0.9, 0.9, 160)
  return videos.write_wav(path, samples)


def run(tmp_path, frames, sound, draw=fakes.identity, *, fps=25, **options):
  """Dubs; returns the report, the frames written and the generator."""
  video = tmp_path / 'in.mp4'
  if not video.exists():
    videos.write(video, frames, fps)
  generator = fakes.FakeGenerator(draw)
  # A given quality: choosing one takes a second or two.
  options = {'detector': fakes.FakeDetector(), 'crf': 14} | options
  report = lipsync_jax.dub(
    video, sound, tmp_path / 'out.mp4', generator=generator, **options
  )
  shown = [frame for _, frame in media.read_frames(tmp_path / 'out.mp4')]
  return report, shown, generator
