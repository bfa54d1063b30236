"""Opens a web page for dubbing.

python -m tools.app --checkpoint runs/wav2lip
"""

import argparse
import functools
import logging
import re
import signal
import sys
import threading

from tools import detectors, generators

_EXAMPLE = """\
examples:
  python -m tools.app --checkpoint runs/wav2lip
  python -m tools.app --checkpoint runs/wav2lip --port 8000 --max-minutes 2

Only this computer can open the page, unless --host 0.0.0.0 lets in the network
or --share opens a public address through Gradio's servers. Anybody who can open
it can dub: there is no password.

Uploads and results are removed when their visitor closes the page, and all of
them when this command ends.

Consent: dub only people who agreed to it, and say so where you show the result.

exit codes: 0 closed with Ctrl-C, 2 bad input.
"""


def main(arguments: list[str] | None = None) -> int:
  parser = _parser()
  options = parser.parse_args(arguments)
  if not re.fullmatch(r'\d+ ?[kmgt]?b', options.max_upload.lower()):
    parser.error('--max-upload: a size such as 500mb or 2gb')
  if not options.max_minutes > 0:
    parser.error('--max-minutes: a number greater than 0')
  # Stopped by a service manager, temporary files go as well.
  signal.signal(signal.SIGTERM, signal.default_int_handler)
  logging.basicConfig(format='%(levelname)s %(name)s: %(message)s')
  try:
    _serve(options)
  except ModuleNotFoundError as error:
    if (error.name or '').partition('.')[0] != 'gradio':
      raise
    print(
      "error: the page needs Gradio: pip install -e '.[app]'",
      file=sys.stderr,
    )
    return 2
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    print('\nClosed; temporary files are removed.')
  return 0


def _serve(options: argparse.Namespace) -> None:
  # Here, so that --help does not wait for JAX and Gradio.
  from lipsync_jax.inference import dub
  from lipsync_jax.page import serve

  # Two detectors: one of each thread, as they remember the picture's size.
  engine = functools.partial(
    dub.events,
    generator=generators.load(options, batch_size=options.batch_size),
    detector=detectors.make(options),
    batch_size=options.batch_size,
  )
  with serve.serve(
    engine,
    detectors.make(options),
    host=options.host,
    port=options.port,
    share=options.share,
    max_upload=options.max_upload,
    max_minutes=options.max_minutes,
  ) as address:
    print(f'Open {address} in a browser; Ctrl-C closes the page.', flush=True)
    threading.Event().wait()


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.app',
    description='Opens a web page for dubbing.',
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--checkpoint', required=True, help='folder of a trained generator')
  add('--host', default='127.0.0.1', help='default 127.0.0.1, this computer')
  add('--port', type=int, help='default: the first free one from 7860')
  add('--share', action='store_true', help='a public address, for about a week')
  add('--max-upload', default='500mb', metavar='SIZE', help='default 500mb')
  add(
    '--max-minutes',
    type=float,
    default=10.0,
    metavar='M',
    help='of sound; default 10',
  )
  add('--batch-size', type=int, default=16, help='frames at a time; default 16')
  generators.add_arguments(add)
  detectors.add_arguments(parser)
  return parser


if __name__ == '__main__':
  sys.exit(main())
