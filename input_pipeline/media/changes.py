"""What `formats.output_format` does not keep of a picture, in words."""

from collections.abc import Iterator

import av
from av.sidedata.sidedata import Type

from input_pipeline.media import tags

_DOLBY_VISION = (Type.DOVI_METADATA, Type.DOVI_RPU_BUFFER)


def changes(picture, bits_kept: int) -> Iterator[str]:
  """One phrase for each thing that becomes another."""
  kind = picture.frame.format
  bits = max(part.bits for part in kind.components)
  if bits > bits_kept:
    yield f'{bits} bit to {bits_kept} bit'
  if tags.is_rgb(picture.frame):
    yield 'RGB to 4:2:0'
  else:
    layout = _subsampling(kind)
    if layout not in ('4:2:0', 'grey'):
      yield f'{layout} to 4:2:0'
  if any(part.is_alpha for part in kind.components):
    yield 'transparency left out'
  if picture.frame.interlaced_frame:
    yield 'interlaced fields woven into whole pictures'
  if any(data.type in _DOLBY_VISION for data in tags.side_data(picture.frame)):
    yield 'Dolby Vision to its base picture'
  width, height = picture.size
  if width % 2:
    yield 'last column cut off (sizes must be even)'
  if height % 2:
    yield 'last row cut off (sizes must be even)'


def _subsampling(kind) -> str:
  """A format's chroma in the usual notation."""
  named = av.VideoFormat(kind.name, 16, 16)
  if sum(not part.is_alpha for part in named.components) < 3:
    return 'grey'
  across, down = named.chroma_width(), named.chroma_height()
  layouts = {
    (16, 16): '4:4:4',
    (16, 8): '4:4:0',
    (8, 16): '4:2:2',
    (8, 8): '4:2:0',
    (4, 16): '4:1:1',
    (4, 4): '4:1:0',
  }
  return layouts.get((across, down), kind.name)
