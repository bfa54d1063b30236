"""Dubs videos: gives them lips that say another sound.

python -m tools.dub --video in.mp4 --audio speech.wav \
  --checkpoint runs/wav2lip --output out.mp4
"""

import argparse
import importlib
import sys

from input_pipeline import media
from lipsync_jax.inference import credentials, schedule
from tools import detectors, dub_jobs, dub_list, dub_words, generators

_EXAMPLE = """\
examples:
  python -m tools.dub --video talk.mp4 --audio speech.wav \\
    --checkpoint runs/wav2lip --output dubbed.mp4 --report dubbed.json
  ... --preview 3                            the first three seconds only
  ... --dry-run                              what would be done, and the faces
  ... --face right                           or left, 1, 640,210, speaker
  ... --speaker 0=anna.wav --speaker 1=ben.wav     instead of --audio
  ... --video portrait.jpg                   a still picture talks
  ... --backend openvino                     faster on a CPU
  python -m tools.dub --jobs jobs.csv --checkpoint runs/wav2lip
      a line per video: the columns video, audio, output, and any of
      speakers (0=a.wav;1=b.wav), face, fit, keep_sound, preview, crf,
      consent, report

The output has the video's frames at their own times, its colours and depth, and
the sound untouched where the container can hold it (.mp4, .mov, .mkv). Frames
without a usable face stay as they are; the report says which and why.

Consent: dub only people who agreed to it, and say so where you show the result.
Every output carries the tag "AI-edited" in its metadata.

exit codes: 0 done (warnings are printed), 1 a job failed, 2 bad input,
130 stopped. A job that was broken off goes on with --resume.
"""


def main(arguments: list[str] | None = None) -> int:
  parser = _parser()
  options = parser.parse_args(arguments)
  try:
    jobs = dub_jobs.read(options)
    enhancer, signer = _enhancer(options.enhancer), _signer(options)
    if options.dry_run:
      detector = detectors.make(options)
      return dub_jobs.each(jobs, lambda job: dub_words.plan(job, detector))
    return _dub(jobs, options, enhancer=enhancer, signer=signer)
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    print(
      '\nStopped. What was finished is kept: the same command with --resume '
      'goes on.',
      file=sys.stderr,
    )
    return 130


def _dub(jobs: list[dub_list.Task], options, **extras) -> int:
  """All jobs with one generator, which is loaded when the first can be done."""
  if len(jobs) == 1:
    # Bad input is said before a network is loaded; how long the sound is can
    # wait until it is planned.
    job = jobs[0].job
    job.check()
    media.probe(job.video)
    for path in job.sounds:
      media.probe_audio(path)
  detector = detectors.make(options)
  # Here, so that --help and bad input do not wait for JAX.
  from lipsync_jax.judging import measure

  tools = {
    'generator': generators.load(options, batch_size=options.batch_size),
    'detector': detector,
    'expert': measure.load(options.expert) if options.expert else None,
    'resume': options.resume,
    **extras,
  }
  return dub_jobs.each(jobs, lambda task: dub_jobs.run(task, tools))


def _signer(options: argparse.Namespace):
  """Who signs, from --c2pa-certificate and --c2pa-key."""
  if bool(options.c2pa_certificate) != bool(options.c2pa_key):
    raise ValueError('--c2pa-certificate and --c2pa-key go together.')
  if not options.c2pa_key:
    return None
  signer = credentials.Signer(options.c2pa_certificate, options.c2pa_key)
  credentials.check(signer)
  return signer


def _enhancer(name: str | None):
  """The function that --enhancer module:function names."""
  if name is None:
    return None
  module, _, function = name.partition(':')
  sys.path.insert(0, '.')
  try:
    return getattr(importlib.import_module(module), function)
  except (ImportError, AttributeError, ValueError) as error:
    raise ValueError(
      f'--enhancer {name}: cannot be loaded ({error}); give module:function.'
    ) from error


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.dub',
    description='Gives videos lips that say another sound.',
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--video', help='any video or still picture FFmpeg reads')
  add('--audio', help='any sound, or a video with sound')
  add('--output', help='the .mp4, .m4v, .mov or .mkv to write')
  add('--checkpoint', help='folder of a trained generator')
  add('--jobs', metavar='CSV', help='many videos instead of one; see below')
  add('--preview', type=float, metavar='S', help='only the first S seconds')
  add('--dry-run', action='store_true', help='say what would be done')
  add('--resume', action='store_true', help='go on where it was broken off')
  add('--report', metavar='JSON', help='write what was done to this file')
  add('--consent', metavar='TEXT', help='who agreed; recorded in the report')
  add(
    '--c2pa-certificate',
    metavar='PEM',
    help='sign a C2PA manifest of what was done: your certificate chain',
  )
  add('--c2pa-key', metavar='PEM', help='and its private key')
  face = parser.add_argument_group('faces')
  add = face.add_argument
  add(
    '--face',
    default='largest',
    help='largest (default), left, right, a number from 0, x,y in pixels, or '
    'speaker: who speaks in the video (with --expert)',
  )
  add(
    '--speaker',
    action='append',
    metavar='N=SOUND',
    help='face N says this sound; several at once; instead of --audio',
  )
  add('--expert', metavar='RUN', help='sync expert, for --face speaker')
  detectors.add_arguments(face)
  add('--detect-every', type=int, default=5, metavar='K', help='default 5')
  result = parser.add_argument_group('picture and sound')
  add = result.add_argument
  add(
    '--fit',
    choices=schedule.FITS,
    default='bounce',
    help='where the video is shorter than the sound: play it forwards and '
    'backwards (default), again and again, hold its last frame, or stop',
  )
  add(
    '--keep-audio-of-video',
    type=float,
    nargs='?',
    const=-12.0,
    metavar='DB',
    help="mix the video's own sound in, at this level (default -12 dB)",
  )
  add(
    '--crf',
    type=int,
    help='quality, 0 best to 51 (default: what keeps frames that are not '
    'edited above 45 dB)',
  )
  add('--batch-size', type=int, default=16, help='faces at a time; default 16')
  generators.add_arguments(add)
  add(
    '--reference',
    choices=['same', 'fixed'],
    help='what the generator sees of the person: an earlier frame, renewed '
    'every 3 s, or the same one, whose mouth it may copy (default: fixed, but '
    'same for networks that take the pose from it, such as Speech2Vid)',
  )
  add(
    '--enhancer',
    metavar='MODULE:FUNCTION',
    help='called with every generated face and its original (uint8 RGB '
    '[s, s, 3]); returns a sharper one, of any size',
  )
  return parser


if __name__ == '__main__':
  sys.exit(main())
