"""Judging: video-seconds per second, stage by stage, and what towers compute.

Sync is measured as `tools.sync measure` does with an expert that is given; LSE
as `tools.sync lse --mode lrs` with SyncNet v2 at full width, of which any
weights take the same time. Stages are CPU time of all threads, which other
programs on the machine disturb less than they do the clock.
"""

import pathlib
import tempfile
from collections.abc import Callable, Sequence

import jax
import numpy as np
import tqdm

from input_pipeline import faces, media, synthetic
from lipsync_jax.judging import lse, measure, measure_video
from tools import (
  benchmark_footage,
  benchmark_judge_stages,
  benchmark_table,
  benchmark_towers,
)

_DRAWN = 75  # frames, shown again and again
_SIZE = (640, 480)
_NOISE = 5.5  # levels, see benchmark_prepare
_PACKAGES = ('jax', 'jaxlib', 'flax', 'av', 'opencv-python-headless', 'numpy')


def run(options) -> str:
  """Measures and returns the report."""
  syncnet = benchmark_towers.fresh_syncnet(options.width)
  towers = benchmark_towers.programs(*syncnet)
  with tempfile.TemporaryDirectory() as folder:
    videos = options.videos or [_talker(pathlib.Path(folder), options.seconds)]
    calls = _calls(options, syncnet)
    for call in calls.values():  # compiles
      for path in videos:
        call(path)
    wall, stages = ({name: [] for name in calls} for _ in range(2))
    alone = {name: [] for name in towers}
    for _ in tqdm.trange(options.repeats, desc='judge', unit='round'):
      for name, call in calls.items():
        seconds, found = benchmark_judge_stages.timed(name, call, videos)
        wall[name].append(seconds)
        stages[name].append(found)
      for name, (tower, *_) in towers.items():
        alone[name].append(benchmark_towers.seconds(tower))
    length = sum(media.probe(path).duration for path in videos)
    footage = _footage(videos)
  tables = [
    _speed_rows(footage, length, wall, options),
    *(
      benchmark_judge_stages.rows(name, stages[name], length) for name in calls
    ),
    benchmark_towers.rows(towers, alone),
  ]
  device = jax.devices()[0]
  machine = benchmark_table.machine(
    _PACKAGES, device=f'{device.platform}: {device.device_kind}'
  )
  return '\n\n'.join([*map(benchmark_table.table, tables), machine])


def _talker(folder: pathlib.Path, seconds: float) -> pathlib.Path:
  clip = synthetic.make_clip(synthetic.person(0), seed=0, num_frames=_DRAWN)
  path = folder / 'talker.mp4'
  benchmark_footage.write(
    path, clip, size=_SIZE, seconds=seconds, noise=_NOISE, preset='fast'
  )
  return path


def _calls(options, syncnet) -> dict[str, Callable]:
  judge = measure.Judge(*syncnet, {'objective': 'contrastive'})
  calls = {benchmark_judge_stages.LRS: lambda path: lse.read_video(judge, path)}
  if options.expert:
    expert = measure.load(options.expert)
    detector = faces.make_detector(options.detector, model_path=options.yunet)
    calls[benchmark_judge_stages.MEASURE] = lambda path: measure_video.measure(
      expert, path, detector
    )
  return calls


def _footage(videos: Sequence[pathlib.Path]) -> str:
  info = media.probe(videos[0])
  return f'{info.width} x {info.height}'


def _speed_rows(
  footage: str, length: float, wall: dict[str, list[float]], options
) -> list[dict[str, str]]:
  who = {
    benchmark_judge_stages.MEASURE: f'{options.expert}',
    benchmark_judge_stages.LRS: f'SyncNet v2, width {options.width}',
  }
  return [
    {
      'what': name,
      'expert': who[name],
      'footage': footage,
      'video s': benchmark_table.number(length),
      'video s / s': benchmark_table.spread(length / np.array(seconds)),
    }
    for name, seconds in wall.items()
  ]
