"""What is heard in the output: packets as they are, wherever that can be."""

import dataclasses
import fractions
import functools
import math
import pathlib

import numpy as np

from input_pipeline import media

# To this a sum that would clip is scaled down; a coder may overshoot a bit.
_PEAK = 0.98
_CHANNELS = {1: 'mono', 2: 'stereo'}


@dataclasses.dataclass(frozen=True)
class Soundtrack:
  """The sound of the output.

  Attributes:
    audio: where its packets come from.
    seconds: how long it is.
    how: 'copied' bit for bit, 'encoded' anew, or 'mixed' of several.
    codec: of the output, FFmpeg's name.
    sample_rate, channels: of the output.
    description: all that in a sentence or two, for the report.
  """

  audio: media.CopiedAudio | media.EncodedAudio
  seconds: fractions.Fraction
  how: str
  codec: str
  sample_rate: int
  channels: int
  description: str

  def packets(self, output, until: fractions.Fraction | None):
    """For `media.join`."""
    return self.audio.packets(output, until)


def make(
  paths,
  *,
  output,
  seconds: fractions.Fraction | None = None,
  video=None,
  keep_db: float | int | None = None,
) -> Soundtrack:
  """Reads the sounds once, for their length, and says what becomes of them.

  A single sound is copied if its codec is one that the output's container holds
  and players play. All else becomes mono or stereo and is encoded: as AAC, or
  as PCM where no source has lost anything and the container is .mov or .mkv.

  Args:
    paths: a file with sound, or several that are heard at once.
    output: the file it is for: its ending says which container.
    seconds: no more than so much is wanted.
    video: whose own sound `keep_db` is about.
    keep_db: how loud that is kept under the others, in decibels: 0 as it is,
      -20 a tenth. It is heard once, from its start. None: not at all.

  Raises:
    MediaError: there is no sound, it cannot be read, or the output's ending is
      unknown.
    ValueError: `keep_db` is infinite or no number.
  """
  paths = [paths] if isinstance(paths, str | pathlib.Path) else list(paths)
  paths = list(dict.fromkeys(paths))  # two who say the same are not louder
  if keep_db is None:
    return _make(paths, output, seconds)
  if not math.isfinite(keep_db):
    raise ValueError('keep_db: decibels, such as -20.')
  try:
    next(media.audio_blocks(video))
  except media.MediaError:  # also if it ends before the picture begins
    found = _make(paths, output, seconds)
    said = f'{found.description} {_name(video)} has no sound of its own.'
    return dataclasses.replace(found, description=said)
  return _make(paths, output, seconds, [video], keep_db)


def _make(paths, output, seconds, own=(), keep_db=0.0) -> Soundtrack:
  """Of several `paths`, and of the video's `own` if it is kept."""
  every = [*paths, *own]
  infos = [media.probe_audio(path) for path in every]
  rate = max(info.sample_rate for info in infos)
  channels = max(info.channels for info in infos)
  copied = len(every) == 1 and media.can_copy(paths[0], output)
  total = functools.partial(
    media.mixed,
    every,
    sample_rate=rate,
    channels=min(channels, 1 if copied else 2),
    deciding=len(paths),
  )
  gains = [1.0] * len(paths) + [10 ** (keep_db / 20)] * len(own)
  lasts, peak = _measure(total(gains=gains), rate, seconds, paths)
  names = ', '.join(map(_name, paths))
  if copied:
    audio = media.CopiedAudio(paths[0], lasts)
    how, said = 'copied', f'{names}: its packets unchanged,'
    codec = infos[0].codec.removesuffix('float')
  else:
    scale = _PEAK / peak if peak > 1 else 1.0
    gains = [gain * scale for gain in gains]
    channels, codec = min(channels, 2), _codec(every, output)
    blocks = functools.partial(_cut, total, gains, round(lasts * rate))
    audio = media.EncodedAudio(blocks, rate, channels, codec)
    rate = audio.output_rate
    if own:
      names += f' and the sound of {_name(*own)} at {keep_db:+g} dB'
    how = 'mixed' if len(every) > 1 else 'encoded'
    said = f'{names}: {how},'
    if scale < 1:
      said += f' {-20 * math.log10(scale):.1f} dB quieter so as not to clip,'
  many = _CHANNELS.get(channels, f'{channels} channels')
  said += f' {codec}, {rate} Hz, {many}.'
  return Soundtrack(audio, lasts, how, codec, rate, channels, said)


def _codec(paths, output) -> str:
  """PCM only if no source has lost anything, as deep as the deepest."""
  codecs = {media.sound_codec(path, output) for path in paths}
  return 'aac' if 'aac' in codecs else max(codecs)  # s16le < s24le


def _name(path) -> str:
  return pathlib.Path(path).name


def _measure(
  blocks, rate: int, seconds, paths
) -> tuple[fractions.Fraction, float]:
  """How long a sound is, and its highest peak."""
  samples, peak = 0, 0.0
  most = math.inf if seconds is None else round(seconds * rate)
  for block in blocks:
    block = block[: int(min(most - samples, len(block)))]
    samples += len(block)
    peak = max(peak, float(np.abs(block).max(initial=0)))
    if samples == most:
      break
  if not samples:
    raise media.MediaError(f'{paths[0]}: the sound is empty.')
  return fractions.Fraction(samples, rate), peak


def _cut(total, gains, samples: int):
  """Blocks of a sum, up to so many samples."""
  for block in total(gains=gains):
    yield block[:samples]
    samples -= len(block)
    if samples <= 0:
      return
