"""When the pictures of a video are on screen, without decoding them."""

import array
import dataclasses
import fractions
import logging

import av
import numpy as np

from input_pipeline.media import container as containers
from input_pipeline.media import frames
from input_pipeline.media.probe import frame_rate

_log = logging.getLogger(__name__)

# Rates that cameras and editors use. Containers often write only something
# near them: 2997/100, 19001/634, 359281/11988.
_STANDARD = tuple(
  fractions.Fraction(*rate)
  for rate in (
    (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1), (50, 1),
    (60000, 1001), (60, 1), (100, 1), (120000, 1001), (120, 1), (240, 1),
    (10, 1), (12, 1), (15000, 1001), (15, 1), (20, 1), (5, 1),
  )
)  # fmt: skip
_NEAR = 2e-4  # relative; 30 and 29.97 are five times as far apart
_STILL = fractions.Fraction(25)
_NONE = -(2**63)  # FFmpeg's own number for a time that is not known
_INEXACT = 1e-7  # seconds that floats may be off


@dataclasses.dataclass(frozen=True, eq=False)
class Timing:
  """When each picture of a video is shown.

  Attributes:
    fps: pictures a second; exact if constant, else the average.
    constant: whether every time is a multiple of 1 / fps to 2 ms; multiples
      without a picture (dropped by the camera) are allowed.
    times: float64 [n], seconds from the start of the video, ascending.
    end: seconds; when the last picture goes.
  """

  fps: fractions.Fraction
  constant: bool
  times: np.ndarray
  end: float

  @property
  def still(self) -> bool:
    """Whether there is only one picture."""
    return len(self.times) == 1


def timing(path) -> Timing:
  """Reads the times of all pictures from their packets.

  A still picture counts as a video of 25 frames a second, and so does one
  that changes less than once a second.

  Raises:
    MediaError: there is no video that can be decoded.
  """
  with containers.open_input(path) as container:
    stream = containers.need_video(container, path)
    declared = _declared(stream)
    period = 1 / frame_rate(stream)
    stamps, lengths = _packets(container, stream, path)
    unit = float(stream.time_base or 0)
    numbered = containers.counts_packets(container)
  if (stamps == _NONE).any():
    if not (stamps == _NONE).all():
      return _decoded(path, declared)  # which has which, only decoding tells
    ends = np.cumsum(np.where(lengths, lengths * unit, float(period)))
    return _timing(np.concatenate([[0], ends[:-1]]), ends[-1], declared, unit)
  # What comes before the first picture that can be decoded is never shown.
  origin = float(containers.origin(path, _log, kind='video'))
  if numbered and stamps.size:
    origin = stamps[0] * unit
  times, lengths = stamps * unit - origin, lengths * unit
  seen = times > -_INEXACT
  if not seen.any():
    return _decoded(path, declared)
  times, lengths = times[seen].clip(0), lengths[seen]
  last = np.lexsort((lengths, times))[-1]
  end = times[last] + (lengths[last] or float(period))
  return _timing(times, float(end), declared, unit)


def _packets(container, stream, path) -> tuple[np.ndarray, np.ndarray]:
  """Times (`_NONE`: not said) and lengths, int64 ticks of the stream's clock.

  Of every packet that gives a picture; 16 bytes each: there may be millions.
  """
  avi = containers.counts_packets(container)
  stamps, lengths = array.array('q'), array.array('q')
  try:
    for packet in container.demux(stream):
      if not packet.size or packet.is_corrupt or packet.is_discard:
        continue
      if stream.codec_context.name == 'vp8' and not bytes(packet)[0] & 0x10:
        continue  # an 'alternative reference': decoded, never shown
      time = packet.dts if avi else packet.pts
      stamps.append(_NONE if time is None else time)
      lengths.append(packet.duration or 0)
  except av.error.FFmpegError as error:  # breaks off: so does decoding
    _log.warning('%s: damaged video: %s', path, containers.reason(error))
  return np.array(stamps, np.int64), np.array(lengths, np.int64)


def _decoded(path, declared) -> Timing:
  """The times the slow way."""
  pictures = [
    (picture.time, picture.end) for picture in frames.read_pictures(path)
  ]
  times = np.array([time for time, _ in pictures])
  return _timing(times, pictures[-1][1], declared, 0.0)


def _declared(stream) -> list[fractions.Fraction]:
  rates = (stream.average_rate, stream.guessed_rate, stream.base_rate)
  return [
    fractions.Fraction(rate).limit_denominator(1001)
    for rate in rates
    if rate and 1 <= rate <= 240
  ]


def _timing(times: np.ndarray, end: float, declared, unit: float) -> Timing:
  times = np.unique(times)  # of two at the same time only the later is seen
  end = max(end, float(times[-1]))
  if len(times) == 1 or _typical(times) > 1:
    return Timing(_STILL, True, times, end)
  rates = _candidates(times, declared)
  errors = [(_error(times, rate), rate) for rate in rates]
  # As near as the file's clock can tell: the first such, the likeliest.
  exact = [rate for error, rate in errors if error <= 0.55 * unit + 1e-6]
  error, rate = min(errors, default=(np.inf, None))
  if exact:
    error, rate = 0.0, exact[0]
  if error <= frames.GRACE:
    last = end - times[-1]
    if any(abs(last * float(rate) - 1) < 0.1 for rate in declared):
      last = float(1 / rate)  # what the header says, not how long it lasts
    return Timing(rate, True, times, float(times[-1]) + last)
  average = min(max((len(times) - 1) / (times[-1] - times[0]), 1), 240)
  average = fractions.Fraction(average).limit_denominator(1001)
  return Timing(average, False, times, end)


def _candidates(times: np.ndarray, declared) -> list[fractions.Fraction]:
  """Rates at which the typical step is one, the likeliest first."""
  step = _typical(times)
  fitted = fractions.Fraction(_fit(times, step)).limit_denominator(1001)
  found = []
  for rate in (*declared, fitted):
    near = [s for s in _STANDARD if abs(s / rate - 1) < _NEAR]
    found += [*near, rate]
  around = [s for s in _STANDARD if abs(float(s) * step - 1) < 0.1]
  found += sorted(around, key=lambda rate: abs(rate - fitted))
  usual = [rate for rate in found if 0.6 < float(rate) * step < 1.67]
  return list(dict.fromkeys(usual))


def _typical(times: np.ndarray) -> float:
  """A step that about half of the others are shorter than."""
  return float(np.percentile(np.diff(times), 50, method='lower'))


def _fit(times: np.ndarray, step: float) -> float:
  """The rate whose multiples lie nearest, if all steps are about multiples."""
  steps = np.diff(times)
  # The mean of all that are one step: far more exact than any of them.
  step = steps[(steps > 0.6 * step) & (steps < 1.67 * step)].mean()
  ticks = np.concatenate([[0], np.cumsum(np.rint(steps / step))])
  return 1 / np.polyfit(ticks, times, 1)[0]


def _error(times: np.ndarray, rate: fractions.Fraction) -> float:
  """Seconds by which the worst time is off a multiple; inf if two share one."""
  ticks = np.rint(times * float(rate))
  if (np.diff(ticks) < 1).any():
    return np.inf
  return float(np.abs(times - ticks / float(rate)).max())
