"""Judging: video-seconds per second, stage by stage, and what towers compute.

Sync is measured as `tools.sync measure` does with an expert that is given; LSE
as `tools.sync lse --mode lrs` with SyncNet v2 at full width, of which any
weights take the same time. Stages are CPU time of all threads, which other
programs on the machine disturb less than they do the clock.
"""

import contextlib
import pathlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import tqdm

from input_pipeline import (
  alignment,
  chunks,
  faces,
  looks,
  media,
  sounds,
  synthetic,
  windows,
)
from lipsync_jax import networks
from lipsync_jax.judging import evaluate, lse, measure, measure_video
from tools import (
  benchmark_footage,
  benchmark_stages,
  benchmark_table,
  benchmark_timed,
)

_DRAWN = 75  # frames, shown again and again
_SIZE = (640, 480)
_NOISE = 5.5  # levels, see benchmark_prepare
_PACKAGES = ('jax', 'jaxlib', 'flax', 'av', 'opencv-python-headless', 'numpy')

_MEASURE = 'measure'
_LRS = 'LSE, LRS mode'
_REST = 'rest'
_DECODING, _SOUND, _TOWERS = 'decoding', 'sound', 'lip and sound tower'
_FACES, _JPEG = 'detection, tracking, crops', 'JPEG there and back'
# Calls and generators by the stage they belong to; all else is the rest.
_STAGES = {
  _MEASURE: {
    _DECODING: [(media, 'read_pictures')],
    _FACES: [(looks.Looker, '__call__'), (windows, 'all_frames')],
    _SOUND: [
      (media, 'read_audio_int16'),
      (chunks, 'samples'),
      (chunks, 'mel_with_context'),
      (windows, 'heard'),
    ],
    _TOWERS: [(measure.Judge, '_curve')],
  },
  _LRS: {
    _DECODING: [(media, 'command_pictures')],
    _JPEG: [(media.JpegTrip, 'picture')],
    _SOUND: [(media, 'command_sound'), (sounds, 'clip_windows')],
    _TOWERS: [(lse, '_embed')],
  },
}


def run(options) -> str:
  """Measures and returns the report."""
  syncnet = _fresh_syncnet(options.width)
  towers = _towers(*syncnet)
  with tempfile.TemporaryDirectory() as folder:
    videos = options.videos or [_talker(pathlib.Path(folder), options.seconds)]
    calls = _calls(options, syncnet)
    for call in calls.values():  # compiles
      for path in videos:
        call(path)
    wall, stages, alone = ({name: [] for name in calls} for _ in range(3))
    alone = {name: [] for name in towers}
    for _ in tqdm.trange(options.repeats, desc='judge', unit='round'):
      for name, call in calls.items():
        seconds, found = _timed(name, call, videos)
        wall[name].append(seconds)
        stages[name].append(found)
      for name, (tower, *_) in towers.items():
        alone[name].append(_seconds(tower))
    length = sum(media.probe(path).duration for path in videos)
    footage = _footage(videos)
  tables = [
    _speed_rows(footage, length, wall, options),
    *(_stage_rows(name, stages[name], length) for name in calls),
    _tower_rows(towers, alone),
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


def _fresh_syncnet(width: int):
  """SyncNet v2 and variables of the sizes that training begins with."""
  network = networks.make({'module': 'syncnet.SyncNet', 'width': width})
  inputs, how = networks.example(network)
  zeros = [jnp.zeros(each.shape, each.dtype) for each in inputs]
  return network, network.init(jax.random.key(0), *zeros, **how)


def _calls(options, syncnet) -> dict[str, Callable]:
  judge = measure.Judge(*syncnet, {'objective': 'contrastive'})
  calls = {_LRS: lambda path: lse.read_video(judge, path)}
  if options.expert:
    expert = measure.load(options.expert)
    detector = faces.make_detector(options.detector, model_path=options.yunet)
    calls[_MEASURE] = lambda path: measure_video.measure(expert, path, detector)
  return calls


def _towers(network, variables) -> dict[str, tuple]:
  """Compiled programs; what they embed; their operations as XLA counts them."""
  count, size = lse.BATCH_SIZE, network.image_size
  pictures = jnp.zeros((count, 5, size, size, 3))
  mfcc = jnp.zeros((count, 13, 20, 1))

  def tower(method, inputs):
    def apply(variables, x):
      return network.apply(variables, x, train=False, method=method)

    return _program(apply, variables, inputs)

  found = {
    'lip tower': (*tower('embed_face', pictures), count),
    'sound tower': (*tower('embed_audio', mfcc), count),
  }
  embed = evaluate.make_embed(network)
  for n in (count, 2 * count):
    frames = jnp.zeros((n + 4, size, size, 3), jnp.uint8)
    heard = jnp.zeros((n, 13, 20, 1))
    name = f'both, {n + 4} frames -> {n} embeddings'
    found[name] = (*_program(embed, variables, frames, heard), n)
  return found


def _program(function: Callable, *inputs) -> tuple[Callable, float]:
  jitted = function if hasattr(function, 'lower') else jax.jit(function)
  program = jitted.lower(*inputs).compile()
  return lambda: program(*inputs), program.cost_analysis()['flops']


def _seconds(call: Callable) -> float:
  start = time.perf_counter()
  jax.block_until_ready(call())
  return time.perf_counter() - start


def _timed(
  name: str, call: Callable, videos: Sequence[pathlib.Path]
) -> tuple[float, dict[str, float]]:
  """Seconds by the clock of one run, and CPU seconds by stage of another."""
  with benchmark_timed.timed() as done:
    for path in videos:
      call(path)
  clock = benchmark_stages.Clock()
  with _stages(clock, _STAGES[name]), clock.stage(_REST):
    for path in videos:
      call(path)
  return done.seconds, {s: clock.seconds[s] for s in (*_STAGES[name], _REST)}


@contextlib.contextmanager
def _stages(clock: benchmark_stages.Clock, table) -> Iterator[None]:
  with contextlib.ExitStack() as stack:
    for stage, places in table.items():
      for owner, name in places:
        wrap = clock.generator if name.endswith('pictures') else clock.call
        wrapped = wrap(stage, getattr(owner, name))
        stack.enter_context(mock.patch.object(owner, name, wrapped))
    yield


def _footage(videos: Sequence[pathlib.Path]) -> str:
  info = media.probe(videos[0])
  return f'{info.width} x {info.height}'


def _speed_rows(
  footage: str, length: float, wall: dict[str, list[float]], options
) -> list[dict[str, str]]:
  who = {
    _MEASURE: f'{options.expert}',
    _LRS: f'SyncNet v2, width {options.width}',
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


def _stage_rows(
  name: str, found: Sequence[dict[str, float]], length: float
) -> list[dict[str, str]]:
  totals = [sum(each.values()) for each in found]
  frames = length * alignment.FPS
  return [
    {
      f'stage of {name}': stage,
      'CPU ms / frame': benchmark_table.spread(
        [1000 * each[stage] / frames for each in found]
      ),
      '%': benchmark_table.number(
        100 * float(np.median(np.divide([e[stage] for e in found], totals)))
      ),
    }
    for stage in found[0]
  ]


def _tower_rows(
  towers: dict[str, tuple], alone: dict[str, list[float]]
) -> list[dict[str, str]]:
  rows = []
  for name, (_, flops, count) in towers.items():
    seconds = np.array(alone[name])
    rows.append(
      {
        'program': name,
        'GFLOP': benchmark_table.number(flops / 1e9),
        'GFLOP / embedding': benchmark_table.number(flops / count / 1e9, 4),
        'ms / embedding': benchmark_table.spread(1000 * seconds / count),
        'GFLOP/s': benchmark_table.spread(flops / seconds / 1e9),
      }
    )
  return rows
