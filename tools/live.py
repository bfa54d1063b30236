"""Tries a generator live: sound as fast as it is spoken, frames as they come.

python -m tools.live --checkpoint runs/wav2lip --avatar talk.mp4 \
  --audio speech.wav --output live.mp4
"""

import argparse
import collections
import pathlib
import sys

import numpy as np
import tqdm

from input_pipeline import media
from tools import detectors, generators

_EXAMPLE = """\
example:
  python -m tools.live --checkpoint runs/wav2lip --avatar talk.mp4 \\
    --audio speech.wav --output live.mp4 --save-avatar talk.npz
  python -m tools.live --checkpoint runs/wav2lip --avatar talk.npz \\
    --audio speech.wav --output live.mp4

It takes as long as the sound lasts. Where drawing cannot keep up, pictures are
repeated; the sound is never cut.

exit codes: 0 done, 2 bad input.
"""


def main(arguments: list[str] | None = None) -> int:
  parser = _parser()
  options = parser.parse_args(arguments)
  if not options.chunk > 0:
    parser.error('--chunk: give milliseconds greater than 0')
  if not options.seconds > 0:
    parser.error('--seconds: give a number greater than 0')
  try:
    print(_live(options))
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    print('stopped; no file was written', file=sys.stderr)
    return 130
  return 0


def _live(options: argparse.Namespace) -> str:
  # Here, so that --help does not wait for JAX.
  from lipsync_jax.inference import dub, live, plans, stream

  _check(options, plans)
  rate = media.probe_audio(options.audio).sample_rate
  person = _avatar(options)
  running = stream.Stream(
    person,
    generators.load(options),
    sample_rate=rate,
    delay=options.delay,
  )
  running.warm_up()
  height, width = person.frames.shape[1:3]
  heard: collections.deque[np.ndarray] = collections.deque()
  delays: list[float] = []
  how: collections.Counter[str] = collections.Counter()
  blocks = live.cut(
    media.audio_blocks(options.audio, sample_rate=rate),
    max(1, round(options.chunk * rate / 1000)),
  )
  with media.VideoWriter(
    options.output,
    width=width,
    height=height,
    fps=person.fps,
    audio=_taken(heard),
    sample_rate=rate,
    preset='ultrafast',  # it takes from the time there is for drawing
    metadata={'comment': dub.provenance()},
  ) as writer:
    played = live.play(running, blocks, sample_rate=rate)
    for frame, delay in tqdm.tqdm(played, unit=' frames', disable=None):
      heard.append(frame.sound)
      writer.write(frame.image)
      delays.append(delay)
      how[frame.how] += 1
  least = float(running.algorithmic_delay)
  return _summary(options, person.fps, delays, how, least)


def _check(options: argparse.Namespace, plans) -> None:
  """Says what makes no sense before any work is done."""
  plans.check_output(
    pathlib.Path(options.output), (options.avatar, options.audio)
  )
  if _is_saved(options.avatar) and options.face != 'largest':
    raise ValueError('--face: whose face it is was settled when it was saved.')
  if options.save_avatar:
    if _is_saved(options.avatar):
      raise ValueError('--save-avatar: this avatar is saved already.')
    if not _is_saved(options.save_avatar):
      raise ValueError(f'{options.save_avatar}: the name must end in .npz.')


def _is_saved(path: str) -> bool:
  return pathlib.Path(path).suffix == '.npz'


def _avatar(options: argparse.Namespace):
  from lipsync_jax.inference import avatar

  if _is_saved(options.avatar):
    return avatar.load(options.avatar)
  made = avatar.prepare(
    options.avatar,
    detectors.make(options),
    face=options.face,
    max_seconds=options.seconds,
  )
  if options.save_avatar:
    made.save(options.save_avatar)
  return made


def _taken(heard: collections.deque):
  """Every frame's sound, which is there before its picture is written."""
  while heard:
    yield heard.popleft()


def _summary(options, fps, delays, how, least: float) -> str:
  middle, high = 1000 * np.quantile(delays, (0.5, 0.99))
  return (
    f'{options.output}: {len(delays)} frames at {fps} fps, '
    f'{how["repeated"]} of them repeated for lack of time; there '
    f'{1000 * delays[0]:.0f} ms (the first), {middle:.0f} ms (half of them), '
    f'{high:.0f} ms (99 %) after their sound began, of which at most '
    f'{1000 * least:.0f} ms is waiting for the sound that follows'
  )


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.live',
    description='Gives a prepared person the lips for a sound, in real time.',
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--checkpoint', required=True, help='folder of a trained generator')
  add('--avatar', required=True, help='video, picture, or .npz made of one')
  add('--audio', required=True, help='any sound, or a video with sound')
  add('--output', required=True, help='the .mp4 to write')
  add(
    '--face',
    default='largest',
    help='whose: largest (default), left, right, a number, or a place x,y',
  )
  add('--save-avatar', metavar='NPZ', help='keep what was prepared')
  add('--seconds', type=float, default=10.0, help='of the video; default 10')
  add('--chunk', type=float, default=20, help='ms of sound a push; default 20')
  add(
    '--delay',
    type=float,
    default=0.2,
    help='seconds of frames that may wait to be drawn; default 0.2',
  )
  generators.add_arguments(add)
  detectors.add_arguments(parser)
  return parser


if __name__ == '__main__':
  sys.exit(main())
