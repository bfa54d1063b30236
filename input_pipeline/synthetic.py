"""Synthetic talkers: clips of drawn people whose lips follow their own voice.

The embedded data set: enough to watch every network of the family learn within
minutes, with no download, and with the true mouth shape of every frame, which
gives tests that no real footage can give.

  clip = synthetic.make_clip(synthetic.person(7), seed=0)

Timing: frame j shows the articulation at the middle of its time on screen,
(j + 0.5) / 25 s, and sound and lips read the same tracks, so the true
audio-visual offset is 0.
"""

import dataclasses

import numpy as np
from scipy import ndimage

from input_pipeline import (
  alignment,
  audio,
  mouth_opening,
  synthetic_face,
  synthetic_person,
  synthetic_speech,
  synthetic_voice,
  synthetic_words,
)

NUM_PEOPLE = synthetic_person.NUM_PEOPLE
Person = synthetic_person.Person
person = synthetic_person.person
measure_opening = mouth_opening.measure

_CONTROLS = synthetic_speech.CONTROL_RATE // alignment.FPS  # 10 a frame
_TAIL = 0.3  # seconds said after the end, so that the last lips know what comes


@dataclasses.dataclass(frozen=True)
class Clip:
  """A talking clip at 25 fps and 16 kHz.

  frames: [t, h, w, 3] uint8 RGB.
  audio: [640 t] float32 in -1..1.
  mouth: [t, 3] float32, true opening, width and rounding, each 0..1.
  mouth_box: [t, 4] float32 x0, y0, x1, y1 in pixels: what the mouth can occupy.
  phonemes: what is said when.
  """

  frames: np.ndarray
  audio: np.ndarray
  mouth: np.ndarray
  mouth_box: np.ndarray
  phonemes: tuple[synthetic_speech.Timed, ...]


def make_clip(
  who: Person,
  *,
  seed: int,
  num_frames: int = 75,
  height: int = 256,
  width: int = 256,
  word: str = '',
) -> Clip:
  """A clip of this person saying something; a function of its arguments.

  `word`, one of `synthetic_words.WORDS` or other symbols, is all that is said.

  Raises:
    ValueError: num_frames, height or width is too small to draw, or the word
      does not fit in.
  """
  if num_frames < 1 or min(height, width) < 64:
    raise ValueError(
      f'Cannot draw {num_frames} frames of {height} x {width}: ask for at '
      'least 1 frame of 64 x 64.'
    )
  rng = np.random.default_rng([who.index, seed, 1])
  seconds = num_frames / alignment.FPS
  rate = who.voice.rate
  if word:
    phonemes = synthetic_words.say(word, rng, seconds, rate=rate, tail=_TAIL)
  else:
    phonemes = synthetic_speech.utterance(rng, seconds + _TAIL, rate=rate)
  count = round((seconds + _TAIL) * synthetic_speech.CONTROL_RATE)
  tracks = synthetic_speech.articulate(phonemes, count)
  sound = synthetic_voice.synthesize(tracks, who.voice, rng)
  mouth = tracks.mouth[_CONTROLS // 2 :: _CONTROLS][:num_frames]
  face = synthetic_face.Face(who, height=height, width=width, seed=seed)
  drawn = [
    face.draw(shape, pose, tuple(rng.integers(64, size=2)))
    for shape, pose in zip(mouth, _poses(who, num_frames, rng), strict=True)
  ]
  return Clip(
    frames=np.stack([frame for frame, _ in drawn]),
    audio=sound[: num_frames * audio.SAMPLE_RATE // alignment.FPS],
    mouth=mouth,
    mouth_box=np.stack([box for _, box in drawn]),
    phonemes=tuple(p for p in phonemes if p.start < seconds),
  )


def _poses(
  who: Person, num_frames: int, rng: np.random.Generator
) -> list[synthetic_face.Pose]:
  """Slow sway of the head, none of it related to the speech, and blinks."""
  noise = rng.standard_normal((num_frames + 100, 6))
  sway = ndimage.gaussian_filter1d(noise, 12, axis=0, mode='wrap')
  # White noise of deviation 1 so smoothed has deviation 0.15.
  sway = np.clip(sway[50 : 50 + num_frames] / 0.15, -2.2, 2.2) * who.motion
  amount = np.array((0.010, 0.008, 1.8, 0.010, 0.28, 0.22))
  closed = np.zeros(num_frames)
  at = rng.uniform(0.2, who.blink_seconds)
  while at < num_frames / alignment.FPS:
    times = (np.arange(num_frames) + 0.5) / alignment.FPS
    closed = np.maximum(closed, 1.3 - np.abs(times - at) / 0.09)
    at += who.blink_seconds * rng.uniform(0.5, 1.5)
  closed = np.clip(closed, 0, 1)
  return [
    synthetic_face.Pose(x, y, angle, 1 + scale, turn, nod, lid)
    for (x, y, angle, scale, turn, nod), lid in zip(
      sway * amount, closed, strict=True
    )
  ]
