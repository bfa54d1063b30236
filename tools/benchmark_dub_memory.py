"""Peak memory of dubbing 1 and 10 minutes of 720p: it must not grow.

python -m tools.benchmark_dub_memory --checkpoint runs/wav2lip

`--generator copy` takes a stand-in for the network, for speed.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from input_pipeline import faces, synthetic
from tools import benchmark_footage, benchmark_table

_CLIP_FRAMES = 250  # drawn once and shown again and again


def main() -> int:
  parser = _parser()
  options = parser.parse_args()
  if options.generator == 'checkpoint' and not options.checkpoint:
    parser.error('give --checkpoint, or --generator copy')
  if options.child:
    print(json.dumps(_measure(options)))
    return 0
  print('| minutes | frames | edited | peak RSS (MB) | frames/s |')
  print('|--------:|-------:|-------:|--------------:|---------:|')
  peaks = []
  with tempfile.TemporaryDirectory() as folder:
    clip = synthetic.make_clip(
      synthetic.person(0), seed=0, num_frames=_CLIP_FRAMES
    )
    for minutes in options.minutes:
      video = str(pathlib.Path(folder, f'{minutes:g}.mp4'))
      benchmark_footage.write(
        video, clip, size=(1280, 720), seconds=60 * minutes
      )
      child = [
        sys.executable,
        '-m',
        'tools.benchmark_dub_memory',
        *sys.argv[1:],
      ]
      result = json.loads(
        subprocess.run(
          [*child, '--child', video], check=True, stdout=subprocess.PIPE
        ).stdout
      )
      peaks.append(result['peak_mb'])
      print(
        f'| {minutes:g} | {result["frames"]} | {result["edited"]} | '
        f'{result["peak_mb"]:.0f} | {result["fps"]:.1f} |',
        flush=True,
      )
      pathlib.Path(video).unlink()
  print(f'\nlast / first: {peaks[-1] / peaks[0]:.3f}')
  return 0


def _measure(options) -> dict:
  """Dubs in this process, which does nothing else, and reads its peak."""
  import lipsync_jax

  video = pathlib.Path(options.child)
  begun = time.monotonic()
  report = lipsync_jax.dub(
    video,
    video,
    video.with_name('out.mp4'),
    generator=_generator(options),
    detector=faces.make_detector(options.detector, model_path=options.yunet),
    batch_size=options.batch_size,
  )
  return {
    'frames': report.frames,
    'edited': report.edited,
    'peak_mb': benchmark_table.peak_memory(),
    'fps': report.frames / (time.monotonic() - begun),
  }


class _Copy:
  """Returns the faces as they are."""

  image_size = 96
  reference_alignment = False
  device = 'none'

  def __call__(self, mel, faces, reference):
    return faces


def _generator(options):
  if options.generator == 'copy':
    return _Copy()
  from lipsync_jax.inference import generator

  return generator.load(options.checkpoint, batch_size=options.batch_size)


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.benchmark_dub_memory',
    description='Peak memory of dubbing against the length of the video.',
    epilog='example: python -m tools.benchmark_dub_memory --generator copy',
  )
  add = parser.add_argument
  add('--checkpoint', help='folder of a trained generator')
  add('--generator', default='checkpoint', choices=['checkpoint', 'copy'])
  add('--minutes', type=float, nargs='+', default=[1, 10])
  add('--batch-size', type=int, default=16)
  add('--detector', default='auto', choices=['auto', 'yunet', 'cascade'])
  add('--yunet', metavar='PATH', help="YuNet's model file")
  add('--child', help=argparse.SUPPRESS)
  return parser


if __name__ == '__main__':
  sys.exit(main())
