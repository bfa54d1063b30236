"""A folder of videos as people have them: two good, and every kind of bad."""

import pathlib

import numpy as np
import videos

from input_pipeline import synthetic
from input_pipeline.preparation import prepare_video

OPTIONS = prepare_video.Options(size=64, detector='cascade')
FRAMES = 40


def make_clips() -> list[synthetic.Clip]:
  """Of Anna and of Ben."""
  return [
    synthetic.make_clip(synthetic.person(k), seed=0, num_frames=FRAMES)
    for k in (0, 4)
  ]


def write(folder: pathlib.Path, clips: list[synthetic.Clip]) -> None:
  """Two good videos, and every kind of bad one."""
  anna, ben = clips
  for name in ('anna', 'ben', 'bad'):
    (folder / name).mkdir()
  bad = folder / 'bad'
  grey = np.full_like(anna.frames, 128)
  sound = {'audio': anna.audio}
  videos.write(folder / 'anna' / 'one.mp4', anna.frames, **sound)
  videos.write(folder / 'ben' / 'one.mp4', ben.frames, audio=ben.audio)
  videos.write(bad / 'no_sound.mp4', anna.frames)
  quiet = np.zeros_like(anna.audio)
  videos.write(bad / 'silent.mp4', anna.frames, audio=quiet)
  videos.write(bad / 'no_face.mp4', grey, **sound)
  glimpse = np.concatenate([grey[:10], anna.frames[:14], grey[:10]])
  videos.write(bad / 'glimpse.mp4', glimpse, **sound)
  videos.write(bad / 'short.mp4', anna.frames[:14], audio=anna.audio[:8960])
  whole = (folder / 'anna' / 'one.mp4').read_bytes()
  (bad / 'truncated.mp4').write_bytes(whole[: len(whole) // 10])
  (bad / 'cut_off.mp4').write_bytes(whole[: len(whole) // 3])
  (bad / 'text.mp4').write_text('This is not a video.')
  (bad / 'empty.mp4').touch()
  (bad / 'notes.txt').write_text('Not looked at.')
