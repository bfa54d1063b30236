"""The numbers of the demo: does a dubbed mouth follow the voice it was given?

Each validation video (a person no network has seen) is dubbed with the voice
of another. The opening of the mouth in every output frame is measured from
pixels (`synthetic.measure_opening`) and correlated, per clip, with the true
opening that belongs to the given voice, and with that of the original video.
Then it is dubbed with silence, and how far the mouth stands open is put on the
scale of the person's own: 0 shut, 1 the mean opening while speaking.
"""

import json
import pathlib
import wave

import numpy as np
import tqdm

import lipsync_jax
from input_pipeline import alignment, audio, faces, manifest, media, synthetic
from lipsync_jax import metric_writer
from lipsync_jax.inference import generator
from lipsync_jax.judging import silence

_BATCH = 25
_SHUT = 0.05  # true opening, 0..1, below which the lips touch


def showcase(data: pathlib.Path) -> tuple[str, str]:
  """The first validation video, and one of another speaker."""
  return _pairs(data)[0]


def judge(workdir: pathlib.Path) -> dict:
  """Dubs and measures; returns numbers by name, JSON-able."""
  draw = generator.load(str(workdir / 'generator'), batch_size=_BATCH)
  detector = faces.make_detector('cascade')
  talkers, outputs = workdir / 'talkers', workdir / 'judged'
  outputs.mkdir(exist_ok=True)

  def dub(video, voice, output):
    return lipsync_jax.dub(
      talkers / video,
      voice,
      output,
      generator=draw,
      detector=detector,
      batch_size=_BATCH,
    )

  clips = []
  pairs = _pairs(workdir / 'data')
  for video, voice in tqdm.tqdm(pairs, desc='judge', unit='clip'):
    output = outputs / video.replace('/', '_')
    report = dub(video, talkers / voice, output)
    hushed = output.with_stem(f'{output.stem}_silence')
    dub(video, _silent_sound(talkers / video, outputs), hushed)
    clips.append(
      {'video': video, 'voice': voice, 'edited': report.edited / report.frames}
      | _correlations(talkers, video, voice, output)
      | {
        'silence': _opening(talkers / video, hushed),
        'speech': _opening(talkers / video, output),
      }
    )
  names = (
    'given_voice',
    'original_video',
    'measure',
    'edited',
    'silence',
    'speech',
  )
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
  seen, heard = (_truth(talkers / name) for name in (video, voice))
  dubbed = _measured(output, seen)
  return {
    'given_voice': _correlation(dubbed, heard['mouth'][:, 0]),
    'original_video': _correlation(dubbed, seen['mouth'][:, 0]),
    # The measure itself, on frames nobody edited.
    'measure': _correlation(
      _measured(talkers / video, seen), seen['mouth'][:, 0]
    ),
  }


def _opening(video: pathlib.Path, output: pathlib.Path) -> float:
  """Mean opening in a dubbed clip, by the scale of its own mouth."""
  truth = _truth(video)
  shut = truth['mouth'][:, 0] < _SHUT
  scale = silence.scale(_measured(video, truth), shut, shut)
  if scale is None:
    raise ValueError(f'{video}: this mouth never shuts, or never opens.')
  return float(scale.relative(_measured(output, truth)).mean())


def _silent_sound(video: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
  """A file of digital silence as long as the clip."""
  frames = len(_truth(video)['mouth'])
  path = folder / f'silence_{frames}.wav'
  with wave.open(str(path), 'wb') as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(audio.SAMPLE_RATE)
    file.writeframes(bytes(2 * audio.SAMPLE_RATE * frames // alignment.FPS))
  return path


def _truth(video: pathlib.Path):
  return np.load(video.with_suffix('.npz'))


def _measured(video: pathlib.Path, truth) -> np.ndarray:
  boxes = truth['mouth_box']
  frames = np.stack([frame for _, frame in media.read_frames(video)])
  return synthetic.measure_opening(frames[: len(boxes)], boxes)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
  return float(np.corrcoef(a, b)[0, 1])


def _last(workdir: pathlib.Path, name: str) -> dict[str, float]:
  """The last row of a run's metrics that has this one."""
  rows = metric_writer.read(workdir / 'metrics.jsonl')
  return [row for row in rows if name in row][-1]


if __name__ == '__main__':
  print(json.dumps(judge(pathlib.Path('runs/demo')), indent=2))
