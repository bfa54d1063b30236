"""Videos as people have them, and what ought to become of each."""

import dataclasses
import fractions
from collections.abc import Sequence

from tests.awkward_videos import COUNT, Clip

F = fractions.Fraction
LOST = 'the face is covered, turned away or out of the picture'
EVEN = '(sizes must be even)'
HD, DEEP = (1, 1, 1), 'yuv420p10le'
TO_420, FROM_RGB = '4:4:4 to 4:2:0', 'RGB to 4:2:0'


@dataclasses.dataclass(frozen=True)
class Due:
  """What becomes of a clip.

  Attributes:
    clip: how it is stored.
    numbers: the source's picture in each frame; None: all in order.
    pixels: of the output.
    changes: of the picture, as told.
    tags: matrix, primaries, transfer of the output; None: the clip's.
    size: of the output; None: the clip's, upright.
    aspect: of the output's pixels; None: the clip's.
    constant: whether frames are at a constant rate.
    reason: why frames are not edited.
  """

  clip: Clip
  numbers: Sequence[int] | None = None
  pixels: str = 'yuv420p'
  changes: Sequence[str] = ()
  tags: tuple[int, int, int] | None = None
  size: tuple[int, int] | None = None
  aspect: F | None = None
  constant: bool = True
  reason: str = LOST


def lossless(pixels, **options):
  return Clip(codec='ffv1', pixels=pixels, **options)


def deep(*tags, pixels=DEEP, **options):
  return Clip(codec='libx265', pixels=pixels, tags=tags, **options)


def rate(numerator, denominator=1, **options):
  return Due(Clip(fps=F(numerator, denominator), **options))


_VARIABLE = (0, 40, 73, 85, 97, 120, 160, 170, 233, 290, 560, 575, 590, 600)
_VARIABLE += (605, 620, 630, 700, 707, 720, 780, 840, 910, 950)
# One of them stands for more than 0.25 s and is shown 25 times a second.
_MOVING = [*range(9), *[9] * 7, *range(10, COUNT)]
_DROPPED = [k for k in range(COUNT + 4) if k not in (3, 9, 10, 20)]
_FILLED = [sum(d <= k for d in _DROPPED) - 1 for k in range(COUNT + 4)]

CASES = {
  '23.976.mp4': rate(24000, 1001),
  '25.mp4': rate(25),
  '29.97.mov': rate(30000, 1001),
  '29.97.mkv': rate(30000, 1001, unit=F(1, 1000)),
  '30.mp4': rate(30),
  '50.mp4': rate(50),
  '59.94.mp4': rate(60000, 1001),
  '60.mkv': rate(60, unit=F(1, 1000)),
  'variable.mp4': Due(Clip(times=_VARIABLE), numbers=_MOVING, constant=False),
  'variable.mkv': Due(Clip(times=_VARIABLE), numbers=_MOVING, constant=False),
  'dropped.mp4': Due(
    Clip(fps=30, times=_DROPPED, unit=F(1, 30)), numbers=_FILLED
  ),
  'turned_90.mp4': Due(Clip(rotation=90, size=(96, 128)), size=(128, 96)),
  'turned_180.mp4': Due(Clip(rotation=180)),
  'turned_270.mov': Due(Clip(rotation=-90, size=(96, 128)), size=(128, 96)),
  'odd.mkv': Due(
    lossless('yuv420p', size=(127, 95)),
    size=(126, 94),
    changes=(f'last column cut off {EVEN}', f'last row cut off {EVEN}'),
  ),
  'odd_turned.mp4': Due(
    Clip(size=(95, 128), rotation=90, pixels='yuv444p'),
    size=(128, 94),
    changes=(TO_420, f'last row cut off {EVEN}'),
  ),
  'sd.mp4': Due(Clip(tags=(5, 5, 6))),
  'hd.mp4': Due(Clip(tags=HD)),
  'hd_untagged.mp4': Due(
    Clip(size=(1280, 320), count=12, face=range(4)), tags=HD
  ),
  'full.mp4': Due(Clip(tags=HD, full=True)),
  'full.avi': Due(
    Clip(codec='mjpeg', pixels='yuvj420p', full=True), tags=(5, 2, 6)
  ),
  '10.mp4': Due(deep(*HD), pixels=DEEP),
  '2020.mp4': Due(deep(9, 9, 14), pixels=DEEP),
  'pq.mp4': Due(deep(9, 9, 16), pixels=DEEP),
  'hlg.mkv': Due(deep(9, 9, 18), pixels=DEEP),
  'hlg_turned.mp4': Due(deep(9, 9, 18, rotation=180), pixels=DEEP),
  '422.mov': Due(
    Clip(codec='prores_ks', pixels='yuv422p10le'),
    pixels=DEEP,
    changes=('4:2:2 to 4:2:0',),
  ),
  '444.mkv': Due(Clip(pixels='yuv444p'), changes=(TO_420,)),
  '12.mkv': Due(
    lossless('yuv420p12le'), pixels=DEEP, changes=('12 bit to 10 bit',)
  ),
  'rgb.mkv': Due(lossless('bgr0'), changes=(FROM_RGB,)),
  'rgb.mov': Due(Clip(codec='png', pixels='rgb24'), changes=(FROM_RGB,)),
  'grey.mkv': Due(lossless('gray')),
  'interlaced.ts': Due(
    Clip(codec='mpeg2video', interlaced=True),
    changes=('interlaced fields woven into whole pictures',),
  ),
  'anamorphic.mp4': Due(Clip(aspect=F(16, 11))),
  'anamorphic_turned.mp4': Due(
    Clip(aspect=F(16, 11), rotation=90, size=(96, 128)),
    size=(128, 96),
    aspect=F(11, 16),
  ),
  'mpeg4.avi': Due(Clip(codec='mpeg4')),
  'b_frames.avi': Due(Clip()),
  'vp8.webm': Due(Clip(codec='libvpx'), tags=(5, 2, 6)),
  'vp9.webm': Due(Clip(codec='libvpx-vp9')),
  'plain.ts': Due(Clip(start=250)),
  'plain.flv': Due(Clip(codec='flv')),
  'plain.wmv': Due(Clip(codec='wmv2')),
  'plain.h264': Due(Clip()),
  'animated.gif': Due(
    Clip(codec='gif', pixels='rgb8'),
    changes=(FROM_RGB, 'transparency left out'),
  ),
  'transparent.apng': Due(
    Clip(codec='apng', pixels='rgba'),
    changes=(FROM_RGB, 'transparency left out'),
  ),
  'two_pixels.mkv': Due(
    lossless('yuv420p', size=(2, 2), face=()), reason='no face'
  ),
  'huge.mp4': Due(Clip(size=(4096, 2304), count=3), tags=HD),
  'one_frame.mp4': Due(Clip(count=1), numbers=[0] * 24),
  'no_face.mp4': Due(Clip(face=()), reason='no face'),
  'black.mp4': Due(Clip(black=range(16, 24)), reason='the picture is black'),
  'black_flash.mp4': Due(
    Clip(black=range(9, 12), face=range(24)), reason='the picture is black'
  ),
  'face_returns.mp4': Due(Clip(face=[*range(5), *range(19, 24)])),
  'cuts.mp4': Due(Clip(shots=12, face=range(100))),
}
