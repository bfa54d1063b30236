"""Outputs that have their name only once they are complete."""

import contextlib
import os
import pathlib
from collections.abc import Iterator

import av

from input_pipeline.media import container as containers


@contextlib.contextmanager
def appears(output: pathlib.Path, why: str) -> Iterator[pathlib.Path]:
  """A name to write to, which becomes `output` if all goes well.

  Until then it is a hidden file beside it, which an error removes.

  Args:
    output: where to.
    why: a word in the hidden file's name.

  Raises:
    OutputError: it cannot be written; FFmpeg's errors inside the block are
      taken for that.
  """
  name = f'.{output.stem}.{os.getpid()}.{why}{output.suffix}'
  temporary = output.with_name(name)
  try:
    yield temporary
    os.replace(temporary, output)
  except (OSError, av.error.FFmpegError) as error:
    reason = error.strerror or error
    raise containers.OutputError(
      f'{output}: cannot be written: {reason}.'
    ) from error
  finally:
    temporary.unlink(missing_ok=True)


def options(kind: str, *, cover: bool = False) -> dict[str, str]:
  """The muxer's options.

  Args:
    kind: FFmpeg's name of the container.
    cover: whether there is a cover picture. FFmpeg writes it into MP4 only
      without tags of names that are not the usual ones.
  """
  if kind == 'matroska':
    return {}
  return {'movflags': '+faststart' + '+use_metadata_tags' * (not cover)}
