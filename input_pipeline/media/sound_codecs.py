"""Which sound which container holds."""

import pathlib

from input_pipeline.media import container as containers

_FORMATS = {'.mp4': 'mp4', '.m4v': 'mp4', '.mov': 'mov', '.mkv': 'matroska'}
_EVERYWHERE = frozenset({'aac', 'mp3', 'ac3', 'eac3', 'alac'})
_PCM = frozenset(
  f'pcm_{kind}' for kind in ('s16le', 's16be', 's24le', 's24be', 'f32le')
)
# What a container holds *and* players play: MP4 could hold PCM, and MOV much
# that only FFmpeg reads.
_COPIED = {
  'mp4': _EVERYWHERE | {'opus', 'flac'},
  'mov': _EVERYWHERE | _PCM,
  'matroska': _EVERYWHERE
  | _PCM
  | {'opus', 'flac', 'vorbis', 'mp2', 'dts', 'truehd', 'pcm_u8'},
}
_LOSSLESS = ('pcm_', 'flac', 'alac', 'truehd')


def can_copy(path, output) -> bool:
  """Whether the sound of a file can be in another without encoding it anew.

  Raises:
    MediaError: there is no sound, or the output's ending is unknown.
  """
  with containers.open_input(path) as source:
    context = containers.need_audio(source, path).codec_context
    return context.codec.canonical_name in _COPIED[container_format(output)]


def sound_codec(path, output) -> str:
  """The codec for sound that cannot be copied: PCM if nothing is lost so far.

  Raises:
    MediaError: as `can_copy`.
  """
  with containers.open_input(path) as source:
    context = containers.need_audio(source, path).codec_context
    name, bits = context.codec.canonical_name, context.format.bits
  if container_format(output) == 'mp4' or not name.startswith(_LOSSLESS):
    return 'aac'
  return 'pcm_s16le' if bits <= 16 else 'pcm_s24le'


def container_format(output) -> str:
  """FFmpeg's name of the container by a file's ending."""
  kind = _FORMATS.get(pathlib.Path(output).suffix.lower())
  if kind is None:
    raise containers.MediaError(
      f'{output}: the name must end in one of {", ".join(_FORMATS)}.'
    )
  return kind
