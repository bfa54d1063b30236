"""Live: sound is pushed in, frames of a prepared avatar come out.

  from lipsync_jax.inference import avatar, generator, stream

  person = avatar.prepare('talk.mp4')  # or avatar.load('talk.npz')
  live = stream.Stream(person, generator.load('runs/wav2lip'))
  live.warm_up()  # compiles
  for samples in microphone:  # float32 [n], 16 kHz
    live.push(samples)
    for frame in live.frames():
      show(frame.image, frame.sound)

There is no clock in here: what comes out depends on the sound alone. Frame k is
shown from k / fps on and carries the samples of that time, counted in whole
numbers, so picture and sound cannot drift apart; `live.play` paces by them. Who
pauses pushes silence; where sound is late, `Stream.idle` fills the time.

A frame can be drawn as soon as the end of its window of sound is there:
`Stream.algorithmic_delay` after it begins, 132.6 ms for Wav2Lip at 25 fps.
"""

import collections
import dataclasses
import fractions
import math
from collections.abc import Iterator, Sequence

import numpy as np

from lipsync_jax.inference import avatar as avatars
from lipsync_jax.inference import edit, portrait, timeline


@dataclasses.dataclass(frozen=True, eq=False)
class StreamFrame:
  """A frame and its sound.

  Attributes:
    index: from 0, without gaps.
    time: index / fps, seconds from the start of all that came out.
    image: uint8 RGB [h, w, 3]; not to be written to.
    sound: float32, the samples with time <= t < time + 1 / fps; fewer in the
      last frame of a closed stream.
    how: 'drawn'; 'repeated' where there was no time to draw it; 'idle' where
      there was no sound.
  """

  index: int
  time: fractions.Fraction
  image: np.ndarray
  sound: np.ndarray
  how: str


class Stream:
  """Gives an avatar the lips for a sound that is still being spoken."""

  def __init__(
    self,
    avatar: avatars.Avatar,
    generator: edit.Generator,
    *,
    sample_rate: int = 16_000,
    batch_sizes: Sequence[int] = (1, 4, 16),
    delay: float | None = None,
  ):
    """Cuts the avatar's faces out; compiles nothing, see `warm_up`.

    Args:
      avatar: who is shown.
      generator: see `edit.Generator`; streams may share it.
      sample_rate: of the sound.
      batch_sizes: frames per call of the generator: the greatest of them that
        as many frames wait for. So no frame waits for others, and 1 must be
        among them.
      delay: seconds of frames that may wait to be drawn. Where more do, the
        oldest repeat the last picture, so that a machine that is too slow
        falls behind no further. None: all are drawn.

    Raises:
      ValueError: an option makes no sense.
    """
    if min(batch_sizes, default=0) != 1:
      raise ValueError(
        f'batch_sizes {tuple(batch_sizes)}: the least must be 1.'
      )
    if sample_rate < 1:
      raise ValueError(f'sample_rate {sample_rate}: samples a second.')
    if delay is not None and not 0 < delay < math.inf:
      raise ValueError(f'delay {delay}: give seconds greater than 0, or None.')
    self._portrait = portrait.Portrait(avatar, generator)
    self._timeline = timeline.Timeline(
      sample_rate,
      avatar.fps,
      generator.sound,
      reference_alignment=generator.reference_alignment,
    )
    self._batch_sizes = sorted(batch_sizes, reverse=True)
    self._most = delay and max(1, int(delay * avatar.fps))  # frames that wait
    self._next = self._known = 0  # to be put out; the first not yet known
    self._ready: collections.deque[StreamFrame] = collections.deque()
    self._last: np.ndarray | None = None  # picture drawn

  @property
  def algorithmic_delay(self) -> fractions.Fraction:
    """Seconds from a frame's beginning until its sound may be there at last.

    Resampling adds 1 to 2 ms, see `media.Resampler`.
    """
    return self._timeline.delay

  def warm_up(self) -> None:
    """Has the generator compiled for all batch sizes, before sound comes."""
    self._portrait.warm_up(self._batch_sizes)

  def push(self, samples: np.ndarray) -> None:
    """More sound: float32 [n], -1..1, any n, at the stream's sample rate.

    Raises:
      ValueError: wrong shape, dtype or values; the stream is closed; a minute
        of sound waits because nobody takes the frames.
    """
    self._timeline.push(samples)

  def close(self) -> None:
    """The sound is over: `frames` gives the last ones, as if silence came."""
    self._timeline.close()

  def frames(self) -> Iterator[StreamFrame]:
    """All frames that the sound is enough for, drawn when asked for.

    Ends when the sound does not suffice; ask again after `push`. Frames that
    are not taken stay.
    """
    while self._ready or self._draw():
      yield self._ready.popleft()

  def idle(self) -> StreamFrame:
    """The next frame in any case: a silent one if its sound is late.

    No sound is lost: what comes later is heard and seen that much later.

    Raises:
      ValueError: the stream is closed and has no more frames.
    """
    for frame in self.frames():
      return frame
    if self._timeline.closed:
      raise ValueError('The stream is closed and has no more frames.')
    image = self._portrait.draw_silent(self._next)
    self._put(image, self._timeline.insert(self._next), 'idle')
    return self._ready.popleft()

  def _draw(self) -> bool:
    """Makes at least one frame ready, if one is known."""
    self._known = max(self._known, self._next)
    while self._timeline.is_known(self._known):
      self._known += 1
    waiting = self._known - self._next
    if not waiting:
      return False
    if self._most and self._last is not None:
      for _ in range(waiting - self._most):
        self._put(self._last, self._timeline.take(self._next), 'repeated')
      waiting = min(waiting, self._most)
    count = next(size for size in self._batch_sizes if size <= waiting)
    indices = range(self._next, self._next + count)
    windows = [self._timeline.window(index) for index in indices]
    for image in self._portrait.draw(indices, windows):
      self._put(image, self._timeline.take(self._next), 'drawn')
      self._last = image
    return True

  def _put(self, image: np.ndarray, sound: np.ndarray, how: str) -> None:
    time = self._next / self._timeline.fps
    self._ready.append(StreamFrame(self._next, time, image, sound, how))
    self._next += 1
