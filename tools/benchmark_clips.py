"""Clips twice: as our records, and as preprocess.py of Wav2Lip leaves them."""

import itertools
import pathlib

import cv2
import librosa
import numpy as np
import soundfile

from input_pipeline import records, shards
from input_pipeline.preparation import prepare, prepare_video, sources
from tools import synthesize

_RATE = 44100  # the video's own rate, as most cameras have it; stereo
_MAX_CLIPS = 16


def make_data(folder: pathlib.Path, seconds: int) -> pathlib.Path:
  """Two synthetic talkers, prepared as anybody's videos are."""
  talkers = folder / 'talkers'
  frames = seconds * 25
  synthesize.main(
    [f'--output={talkers}', '--people=2', '--clips=1', f'--frames={frames}']
  )
  prepare.prepare(
    sources.find(talkers, split='train'),
    folder / 'data',
    options=prepare_video.Options(detector='cascade'),
  )
  return folder / 'data'


def write_reference(
  data: pathlib.Path, folder: pathlib.Path, seconds: int
) -> int:
  """Clips of this length as preprocess.py leaves them; returns how many.

  Faces have the size they had in the video, sound is 44.1 kHz stereo.
  """
  count, length = 0, 25 * seconds
  chunks = (records.parse(raw) for raw in shards.load_split(data, 'train'))
  for _, group in itertools.groupby(chunks, key=lambda chunk: chunk.clip_id):
    group = list(group)
    joined = np.diff([c.start_frame for c in group]) == 75
    if sum(c.num_frames for c in group) < length or not joined.all():
      continue
    clip = folder / f'{count}'
    clip.mkdir(parents=True)
    pairs = [p for c in group for p in zip(c.frames, c.box[:, 2], strict=True)]
    for k, (jpeg, side) in enumerate(pairs[:length]):
      picture = cv2.cvtColor(records.decode_frame(jpeg), cv2.COLOR_RGB2BGR)
      cv2.imwrite(f'{clip / f"{k}.jpg"}', _face(picture, side))
    sound = np.concatenate([c.audio for c in group])[: 640 * length]
    sound = librosa.resample(
      sound.astype(np.float32) / 32768, orig_sr=16000, target_sr=_RATE
    )
    soundfile.write(clip / 'audio.wav', np.stack([sound] * 2, 1), _RATE)
    count += 1
    if count == _MAX_CLIPS:
      break
  return count


def _face(picture: np.ndarray, side: float) -> np.ndarray:
  """The tight box of a face detector: our squares are 1.2 faces high."""
  side = max(24, round(float(side)))
  picture = cv2.resize(picture, (side, side))
  height, width = round(side / 1.2), round(0.8 * side / 1.2)
  left = (side - width) // 2
  return picture[-height:, left : left + width]
