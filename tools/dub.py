"""Dubs a video: gives it lips that say another sound.

python -m tools.dub --video in.mp4 --audio speech.wav \
  --checkpoint runs/wav2lip --output out.mp4
"""

import argparse
import pathlib
import sys

import tqdm

import lipsync_jax
from input_pipeline import media
from tools import detectors

_EXAMPLE = """\
example:
  python -m tools.dub --video talk.mp4 --audio speech.wav \\
    --checkpoint runs/wav2lip --output dubbed.mp4 --report dubbed.json

The output has the video's frame rate and the sound's length: a longer video is
cut, a shorter one plays forwards and backwards in turn. Frames without a face
stay as they are.

Consent: dub only people who agreed to it, and say so where you show the result.
Every output carries the tag "AI-edited" in its metadata.

exit codes: 0 done (also if no face was found: a warning says so), 2 bad input.
"""


def main(arguments: list[str] | None = None) -> int:
  parser = _parser()
  options = parser.parse_args(arguments)
  if not 0 <= options.crf <= 51:
    parser.error('--crf: choose 0 (best) to 51')
  if options.report and not pathlib.Path(options.report).parent.is_dir():
    parser.error(f'--report: there is no folder for {options.report}')
  try:
    report = _dub(options)
  except (ValueError, FileNotFoundError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    print('\nStopped; nothing was written.', file=sys.stderr)
    return 130
  if options.report:
    report.save(options.report)
  untouched = report.frames - report.edited
  print(
    f'{report.output}: {report.frames} frames at {report.fps} fps, '
    f'{report.edited} edited, {untouched} passed through, '
    f'{report.frames / report.elapsed_seconds:.1f} frames/s on {report.device}'
  )
  for gap in report.passed_through:
    print(
      f'  {gap.start_seconds:.2f}-{gap.end_seconds:.2f} s left as it was: '
      f'{gap.reason}'
    )
  for warning in report.warnings:
    print(f'warning: {warning}', file=sys.stderr)
  return 0


def _dub(options: argparse.Namespace):
  # Here, so that --help does not wait for JAX.
  from lipsync_jax.inference import generator

  # Bad input is said before a network is loaded.
  media.probe(options.video)
  media.probe_audio(options.audio)
  detector = detectors.make(options)
  with tqdm.tqdm(unit=' frames', disable=None) as bar:

    def show(event):
      bar.total = event.total
      bar.update()

    return lipsync_jax.dub(
      options.video,
      options.audio,
      options.output,
      generator=generator.load(
        options.checkpoint, batch_size=options.batch_size
      ),
      detector=detector,
      batch_size=options.batch_size,
      reference=options.reference,
      detect_every=options.detect_every,
      crf=options.crf,
      on_frame=show,
    )


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.dub',
    description='Gives a video lips that say another sound.',
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--video', required=True, help='any video FFmpeg reads')
  add('--audio', required=True, help='any sound, or a video with sound')
  add('--checkpoint', required=True, help='folder of a trained generator')
  add('--output', required=True, help='the .mp4 to write')
  detectors.add_arguments(parser)
  add('--detect-every', type=int, default=5, metavar='K', help='default 5')
  add('--batch-size', type=int, default=16, help='frames at a time; default 16')
  add(
    '--reference',
    choices=['same', 'fixed'],
    help='what the generator sees of the person: an earlier frame, renewed '
    'every 3 s, or the same one, whose mouth it may copy (default: fixed, but '
    'same for networks that take the pose from it, such as Speech2Vid)',
  )
  add('--crf', type=int, default=18, help='quality, 0 best; default 18')
  add('--report', metavar='JSON', help='write what was done to this file')
  return parser


if __name__ == '__main__':
  sys.exit(main())
