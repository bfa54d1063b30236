"""Videos as people have them: all are dubbed, and nothing else is changed."""

import dataclasses
import fractions
from collections.abc import Sequence

import numpy as np
import pytest

from tests import awkward_jobs, played, videos
from tests.awkward_videos import COUNT, Clip, times, write

F = fractions.Fraction
CLICK = 0.3  # seconds
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


_VARIABLE = (0, 40, 73, 85, 97, 120, 160, 170, 233, 290, 440, 455, 465, 480)
_VARIABLE += (540, 560, 590, 700, 707, 720, 780, 840, 910, 950)
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
  'variable.mp4': Due(Clip(times=_VARIABLE), constant=False),
  'variable.mkv': Due(Clip(times=_VARIABLE), constant=False),
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
    Clip(size=(1280, 720), count=12, face=range(4)), tags=HD
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
  'cuts.mp4': Due(Clip(shots=12, face=range(100))),
}


@pytest.mark.parametrize('name', CASES)
def test_every_video_is_dubbed(tmp_path, monkeypatch, capsys, name):
  awkward_jobs.use_stand_ins(monkeypatch)
  due = CASES[name]
  source = write(tmp_path / name, due.clip)
  numbers = list(due.numbers or range(due.clip.count))
  seconds = length(due, len(numbers))
  sound = np.zeros(round(16_000 * seconds))
  sound[4800:4816] = 0.9
  audio = videos.write_wav(tmp_path / 'click.wav', sound)
  done = awkward_jobs.run(
    capsys, tmp_path / 'report.json', source, audio, tmp_path / 'out.mp4'
  )
  assert done.code == 0
  check_report(done, due, numbers, float(seconds))
  output, given = played.read(done.output), played.read(source)
  check_stream(output, due, len(numbers), float(seconds))
  check_pictures(output, given, due, numbers)
  if seconds > CLICK:
    assert played.clicks(done.output) == pytest.approx([CLICK], abs=1e-3)


def length(due, frames) -> F:
  """Seconds of the clip and so of the sound, in whole samples."""
  clip = due.clip
  if not due.constant:
    return F(24, 25)
  fps = 25 if clip.count == 1 else clip.fps
  return F(round(16_000 * frames / F(fps)), 16_000)


def check_report(done, due, numbers, seconds):
  edited = [k for k, number in enumerate(numbers) if number in due.clip.face]
  report = done.report
  assert (report['frames'], report['edited']) == (len(numbers), len(edited))
  left = {
    k
    for gap in report['passed_through']
    for k in range(gap['first'], gap['last'] + 1)
  }
  assert left == set(range(len(numbers))) - set(edited)
  assert {gap['reason'] for gap in report['passed_through']} <= {due.reason}
  assert tuple(report['picture_changes']) == tuple(due.changes)
  assert report['variable_fps'] is not due.constant
  assert report['seconds'] == pytest.approx(seconds, abs=1e-6)
  if due.constant and due.clip.count > 1:
    assert F(report['fps']) == due.clip.fps
  warned = [] if edited else ['No face was edited in any frame.']
  assert report['warnings'] == warned
  assert done.errors == [f'warning: {line}' for line in warned]


def check_stream(output, due, frames, seconds):
  clip, first = due.clip, output.frames[0]
  assert len(output.frames) == frames
  assert (first.width, first.height) == (due.size or clip.size)
  assert first.format.name.replace('yuvj', 'yuv') == due.pixels
  assert output.turns == 0
  assert output.aspect == (due.aspect or clip.aspect or 1)
  tags = due.tags or clip.tags or (6, 2, 6)  # what SD is taken for
  found = (first.colorspace, first.color_primaries, first.color_trc)
  assert tuple(map(int, found)) == tags
  assert int(first.color_range) == (2 if clip.full else 1)
  assert output.tag == ('hvc1' if due.pixels == DEEP else 'avc1')
  assert output.metadata['comment'].startswith('AI-edited')
  if due.constant:
    fps = 25 if clip.count == 1 else clip.fps
    expected = np.arange(frames) / float(fps)
    seconds = frames / float(fps)
  else:
    stamps, unit = times(clip)
    expected = np.subtract(stamps, stamps[0]) * float(unit)
  np.testing.assert_allclose(output.times, expected, atol=5e-4)
  assert output.duration == pytest.approx(seconds, abs=1e-3)


def check_pictures(output, given, due, numbers):
  """Edited are the ones with a face, and of these only the lower part."""
  bits = 10 if due.pixels == DEEP else 8
  for k in {0, *range(len(numbers))[:: 1 + len(numbers) // 12]}:
    number, frame = numbers[k], output.frames[k]
    wanted = played.planes(given.frames[number], given.turns, frame)
    found = played.planes(frame, 0, frame)
    if number in due.clip.face:
      upper = [plane[: len(plane) * 4 // 10] for plane in found]
      kept = [plane[: len(plane) * 4 // 10] for plane in wanted]
      assert played.psnr(upper, kept, bits) > 45
      assert played.psnr(found[:1], wanted[:1], bits) < 42
    else:
      assert played.psnr(found, wanted, bits) > 45
