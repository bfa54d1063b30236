"""Videos as large as people's own, made of one synthetic talker."""

import os

import cv2
import numpy as np
import tqdm

from input_pipeline import alignment, audio, media, synthetic

_FIELDS = 8  # of noise, which take turns: drawing them is slow


def write(
  path: str | os.PathLike,
  clip: synthetic.Clip,
  *,
  size: tuple[int, int],
  seconds: float,
  noise: float = 0.0,
  preset: str = 'ultrafast',
) -> None:
  """A video of this clip, enlarged, to and fro, with its sound again and again.

  Args:
    path: of the .mp4.
    clip: square; a few seconds are enough.
    size: width and height of the video; the talker fills the height.
    seconds: to be written.
    noise: of a sensor, levels of every colour (standard deviation).
    preset: x264's speed. What is written fastest is also decoded fastest, in
      a third of the time that people's videos take.
  """
  width, height = size
  count = round(seconds * alignment.FPS)
  fields = _noise(height, width, noise) if noise else []
  left = (width - height) // 2
  with media.VideoWriter(
    path,
    width=width,
    height=height,
    fps=alignment.FPS,
    audio=np.resize(clip.audio, count * audio.SAMPLE_RATE // alignment.FPS),
    crf=23,
    preset=preset,
  ) as writer:
    canvas = np.full((height, width, 3), 90, np.uint8)
    for k in tqdm.trange(count, desc='footage', unit='frame'):
      frame = clip.frames[_to_and_fro(k, len(clip.frames))]
      canvas[:, left : left + height] = cv2.resize(frame, (height, height))
      picture = canvas
      if fields:
        picture = cv2.add(canvas, fields[k % len(fields)], dtype=cv2.CV_8U)
      writer.write(picture)


def repeat(
  path: str | os.PathLike, piece: str | os.PathLike, times: int
) -> None:
  """A video of what `write` wrote, over and over, without encoding it again."""
  info = media.probe(piece)
  frames = round(media.timing(piece).end * info.fps)
  sound = media.read_audio(piece)[:, None]
  sound = sound[: frames * audio.SAMPLE_RATE // alignment.FPS]
  media.join(
    [piece] * times,
    path,
    starts=[k * frames / info.fps for k in range(times)],
    sound=media.EncodedAudio(lambda: [sound] * times, audio.SAMPLE_RATE, 1),
  )


def _to_and_fro(k: int, count: int) -> int:
  k %= 2 * count
  return min(k, 2 * count - 1 - k)


def _noise(height: int, width: int, level: float) -> list[np.ndarray]:
  """[h, w, 3] int16 each."""
  rng = np.random.default_rng(0)
  shape = (height, width, 3)
  return [
    np.rint(level * rng.standard_normal(shape, np.float32)).astype(np.int16)
    for _ in range(_FIELDS)
  ]
