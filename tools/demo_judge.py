"""The numbers of the demo: does a dubbed mouth follow the voice it was given?

Each validation video (a person no network has seen) is dubbed with the voice
of another. The opening of the mouth in every output frame is measured from
pixels (`synthetic.measure_opening`) and correlated, per clip, with the true
opening that belongs to the given voice, and with that of the original video.
"""

import json
import pathlib

import numpy as np
import tqdm

import lipsync_jax
from input_pipeline import faces, manifest, media, synthetic
from lipsync_jax import metric_writer
from lipsync_jax.inference import generator

_BATCH = 25


def showcase(data: pathlib.Path) -> tuple[str, str]:
  """The first validation video, and one of another speaker."""
  return _pairs(data)[0]


def judge(workdir: pathlib.Path) -> dict:
  """Dubs and measures; returns numbers by name, JSON-able."""
  draw = generator.load(str(workdir / 'generator'), batch_size=_BATCH)
  detector = faces.make_detector('cascade')
  outputs = workdir / 'judged'
  outputs.mkdir(exist_ok=True)
  clips = []
  pairs = _pairs(workdir / 'data')
  for video, voice in tqdm.tqdm(pairs, desc='judge', unit='clip'):
    output = outputs / video.replace('/', '_')
    report = lipsync_jax.dub(
      workdir / 'talkers' / video,
      workdir / 'talkers' / voice,
      output,
      generator=draw,
      detector=detector,
      batch_size=_BATCH,
    )
    clips.append(
      {'video': video, 'voice': voice, 'edited': report.edited / report.frames}
      | _correlations(workdir / 'talkers', video, voice, output)
    )
  names = ('given_voice', 'original_video', 'measure', 'edited')
  return {
    'clips': clips,
    'dubbed_clips': len(clips),
    **{name: float(np.mean([c[name] for c in clips])) for name in names},
    'expert': _last(workdir / 'expert', 'val/offset_accuracy_clip'),
    'generator': _last(workdir / 'generator', 'val/l1'),
  }


def _pairs(data: pathlib.Path) -> list[tuple[str, str]]:
  """Validation videos, each with the voice of another speaker's."""
  rows = [
    row
    for row in manifest.read(data)
    if row['kept'] and row['split'] == 'validation'
  ]
  pairs = []
  for i, row in enumerate(rows):
    others = [r for r in rows[i:] + rows[:i] if r['speaker'] != row['speaker']]
    pairs.append((row['path'], others[0]['path']))
  return pairs


def _correlations(
  talkers: pathlib.Path, video: str, voice: str, output: pathlib.Path
) -> dict[str, float]:
  """How the measured opening goes with the true ones, over the frames."""
  seen, heard = (
    np.load((talkers / name).with_suffix('.npz')) for name in (video, voice)
  )
  boxes = seen['mouth_box']

  def measured(path):
    frames = np.stack([frame for _, frame in media.read_frames(path)])
    return synthetic.measure_opening(frames[: len(boxes)], boxes)

  def correlation(a, b):
    return float(np.corrcoef(a, b)[0, 1])

  dubbed = measured(output)
  return {
    'given_voice': correlation(dubbed, heard['mouth'][:, 0]),
    'original_video': correlation(dubbed, seen['mouth'][:, 0]),
    # The measure itself, on frames nobody edited.
    'measure': correlation(measured(talkers / video), seen['mouth'][:, 0]),
  }


def _last(workdir: pathlib.Path, name: str) -> dict[str, float]:
  """The last row of a run's metrics that has this one."""
  rows = metric_writer.read(workdir / 'metrics.jsonl')
  return [row for row in rows if name in row][-1]


if __name__ == '__main__':
  print(json.dumps(judge(pathlib.Path('runs/demo')), indent=2))
