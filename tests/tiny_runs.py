"""Data and configs for runs of seconds: the real ones, shrunk."""

import importlib
import pathlib

import cv2
import ml_collections
import numpy as np

from input_pipeline import audio, chunks, records, shards, synthetic


def write_data(folder: pathlib.Path) -> None:
  """Four clips of two people to train on, two of a third to judge by."""
  writers = []
  for split, people in (('train', (0, 1)), ('validation', (2,))):
    with shards.ShardWriter(folder, 'talkers', split) as writer:
      for person in people:
        for seed in range(2):
          writer.write(make_chunk(person, seed))
    writers.append(writer)
  shards.write_metadata(
    folder, writers, description='', metadata={'licences': ['none']}
  )


def tiny(name, data, expert=None, **overrides) -> ml_collections.ConfigDict:
  """A file of configs/ with everything small."""
  module, _, variant = name.partition(':')
  config = importlib.import_module(f'configs.{module}').get_config(variant)
  config.image_size = 48
  for network in config.networks.values():
    if 'width' in network:
      network.width = 2
  if expert:
    config.pretrained.expert = str(expert)
  config.data.directory = str(data)
  config.data.num_threads = 1
  config.num_steps, config.batch_size = 2, 4
  config.log_every, config.eval_every, config.eval_batches = 1, 2, 1
  config.update(overrides)
  return config.lock()


def make_chunk(person, seed, frames=20, square=(32, 64, 192)):
  """A clip of a synthetic person, cut to a square: left, top, side."""
  left, top, side = square
  clip = synthetic.make_clip(
    synthetic.person(person), seed=seed, num_frames=frames
  )
  context = records.MEL_CONTEXT
  mel = np.full((16 * frames // 5 + 2 * context, 80), audio.SILENCE, np.float32)
  rows = audio.mel_spectrogram(clip.audio)
  mel[context : context + len(rows)] = rows
  return records.Chunk(
    frames=[
      records.encode_frame(
        cv2.resize(frame[top : top + side, left : left + side], (64, 64))
      )
      for frame in clip.frames
    ],
    audio=chunks.samples(audio.to_int16(clip.audio), 0, frames),
    mel=mel,
    mel_context=context,
    num_frames=frames,
    fps=25.0,
    clip_id=f'{person}/{seed}.mp4',
    speaker=str(person),
    start_frame=0,
    box=np.zeros((frames, 3), np.float32),
  )
