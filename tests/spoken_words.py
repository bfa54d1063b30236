"""Records of people who say synthetic words, sketched: quick to draw."""

import json

import cv2
import numpy as np

from input_pipeline import (
  audio,
  records,
  shards,
  synthetic_speech,
  synthetic_words,
)

WORDS = synthetic_words.WORDS[:4]
FRAMES = 30


def write_data(folder, splits):
  """Everybody of {split: people} says every word; labels.json beside it."""
  writers, labels = [], {}
  for split, people in splits.items():
    with shards.ShardWriter(folder, 'words', split) as writer:
      for person in people:
        for word in WORDS:
          labels[f'{person}/{word}.mp4'] = [word]
          writer.write(chunk(person, word))
    writers.append(writer)
  metadata = {'licences': ['none']}
  shards.write_metadata(folder, writers, description='', metadata=metadata)
  (folder / 'labels.json').write_text(json.dumps(labels))


def chunk(person, word, frames=FRAMES):
  """A silent record: the true mouth shapes of a word, on a plain face."""
  rng = np.random.default_rng([person, *word.encode()])
  spoken = synthetic_words.say(word, rng, frames / 25, tail=0.1)
  tracks = synthetic_speech.articulate(spoken, 10 * frames)
  return records.Chunk(
    frames=[
      records.encode_frame(_face(np.random.default_rng(person), mouth))
      for mouth in tracks.mouth[5::10]
    ],
    audio=np.zeros(640 * frames + 2 * records.AUDIO_CONTEXT, np.int16),
    mel=np.full(
      (16 * frames // 5 + 2 * records.MEL_CONTEXT, 80),
      audio.SILENCE,
      np.float32,
    ),
    mel_context=records.MEL_CONTEXT,
    num_frames=frames,
    fps=25.0,
    clip_id=f'{person}/{word}.mp4',
    speaker=str(person),
    start_frame=0,
    box=np.zeros((frames, 3), np.float32),
  )


def _face(who, mouth):
  """A person's skin, lips and place of the mouth, with this opening."""
  skin, lips = who.uniform(120, 230, 3), who.uniform(60, 140, 3)
  middle = (32 + who.integers(-2, 3), 46 + who.integers(-2, 3))
  opening, spread, rounding = mouth
  size = who.uniform(0.9, 1.1) * (7 + 6 * spread - 3 * rounding)
  high = 9 * opening
  face = np.full((64, 64, 3), skin).astype(np.uint8)
  cv2.ellipse(
    face, middle, (round(size) + 2, round(high) + 3), 0, 0, 360, lips, -1
  )
  cv2.ellipse(
    face, middle, (round(size), round(high)), 0, 0, 360, (20, 10, 10), -1
  )
  return face
