"""Measures whether sound and lips of videos are in sync.

python -m tools.sync measure --expert runs/expert talk.mp4
python -m tools.sync fix --expert runs/expert talk.mp4 --output fixed.mp4
python -m tools.sync speaker --expert runs/expert talk.mp4 --plot who.png
"""

import argparse
import sys

from tools import (
  sync_accuracy,
  sync_fix,
  sync_lse,
  sync_measure,
  sync_speaker,
  video_paths,
)

_COMMANDS = (sync_measure, sync_fix, sync_speaker, sync_lse, sync_accuracy)
_EXAMPLE = """\
example:
  python -m tools.sync measure --expert runs/expert talk.mp4 other.mov
  python -m tools.sync fix --expert runs/expert talk.mp4 --output fixed.mp4
  python -m tools.sync speaker --expert runs/expert talk.mp4 --plot who.png

exit codes: 0 done, 2 bad input.
"""


def main(arguments: list[str] | None = None) -> int:
  options = _parser().parse_args(arguments)
  try:
    if hasattr(options, 'videos'):
      options.videos = video_paths.in_folders(options.videos)
    return options.run(options)
  except (ValueError, OSError) as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    print('\nStopped.', file=sys.stderr)
    return 130


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m tools.sync',
    description=__doc__.splitlines()[0],
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  commands = parser.add_subparsers(required=True, metavar='COMMAND')
  for command in _COMMANDS:
    command.add(commands)
  return parser


if __name__ == '__main__':
  sys.exit(main())
