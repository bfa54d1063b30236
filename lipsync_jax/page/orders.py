"""What a visitor wants done, and whether it can be."""

import dataclasses
import pathlib

from input_pipeline import media
from lipsync_jax.inference import report as reports

# What the page offers: words, and the engine's option.
FITS = (
  ('plays to and fro', 'bounce'),
  ('starts again', 'loop'),
  ('stands still on its last picture', 'freeze'),
  ('ends, and the sound with it', 'cut'),
)
# 0: as the engine sees fit, from the source.
QUALITIES = (('Like the source', 0), ('Small file', 23))

AGREED = 'Everybody shown and heard agreed.'
_RATE = 8000  # Hz; only the length is asked for


@dataclasses.dataclass(frozen=True)
class Order:
  """One dubbing; the options are those of `inference.dub.events`.

  Attributes:
    video, audio: uploaded files.
    consent: what goes into the report; empty: nobody was asked.
    face, fit, crf, preview: see there.
  """

  video: str | None
  audio: str | None
  consent: str = ''
  face: str = 'largest'
  fit: str = 'bounce'
  crf: int | None = None
  preview: float | None = None

  @property
  def name(self) -> str:
    """Of the output: talk.mov becomes talk_dubbed.mp4."""
    kind = 'preview' if self.preview else 'dubbed'
    return f'{pathlib.Path(self.video).stem[:80]}_{kind}.mp4'

  def options(self) -> dict:
    """Keyword arguments of the engine."""
    return {
      'face': self.face,
      'fit': self.fit,
      'crf': self.crf,
      'preview': self.preview,
      'consent': self.consent,
    }

  def plain(self, message: str) -> str:
    """A message with the files' own names in place of temporary paths."""
    for path in filter(None, (self.video, self.audio)):
      message = message.replace(str(path), pathlib.Path(path).name)
    return message

  def named(self, report: reports.Report) -> reports.Report:
    """A report that names files as the visitor does, without folders."""
    return dataclasses.replace(
      report,
      video=_name(report.video),
      audio=tuple(map(_name, report.audio)),
      output=_name(report.output),
    )


def _name(path: str) -> str:
  return pathlib.Path(path).name


def consent(agreed: bool, note: str | None) -> str:
  """The text for the report; '' unless the box was ticked."""
  if not agreed:
    return ''
  return ' '.join([AGREED, *(note or '').split()])


def check(order: Order, *, max_minutes: float) -> None:
  """Says what is missing before anybody waits for it.

  Raises:
    ValueError: a file or the consent is missing, or the sound is too long.
    MediaError: a file cannot be read.
  """
  if not order.video:
    raise ValueError('Add a video or a picture of the person first.')
  if not order.audio:
    raise ValueError('Add the sound that the person shall say.')
  if not order.consent:
    raise ValueError(
      'Please confirm that everybody shown and heard agreed to this.'
    )
  media.probe(order.video)
  most = max_minutes * 60
  samples = 0
  for block in media.audio_blocks(order.audio, sample_rate=_RATE):
    samples += len(block)
    if samples > most * _RATE:
      plural = '' if max_minutes == 1 else 's'
      raise ValueError(
        f'The sound is longer than {max_minutes:g} minute{plural}, which is '
        'the most this page takes.'
      )
