"""Videos as people have them: all are dubbed, and nothing else is changed."""

import fractions

import numpy as np
import pytest

from tests import awkward_cases, awkward_jobs, played, videos
from tests.awkward_videos import times, write

CLICK = 0.3  # seconds


@pytest.mark.parametrize('name', awkward_cases.CASES)
def test_every_video_is_dubbed(tmp_path, monkeypatch, capsys, name):
  due = awkward_cases.CASES[name]
  source = write(tmp_path / name, due.clip)
  numbers = list(due.numbers or range(due.clip.count))
  seconds = length(due, len(numbers))
  sound = np.zeros(round(16_000 * seconds))
  sound[4800:4816] = 0.9
  audio = videos.write_wav(tmp_path / 'click.wav', sound)
  run = awkward_jobs.Runner(tmp_path / 'report.json', monkeypatch, capsys)
  done = run(source, audio, tmp_path / 'out.mp4')
  assert done.code == 0
  check_report(done, due, numbers, float(seconds))
  output, given = played.read(done.output), played.read(source)
  check_stream(output, due, len(numbers), float(seconds))
  check_pictures(output, given, due, numbers)
  if seconds > CLICK:
    assert played.clicks(done.output) == pytest.approx([CLICK], abs=1e-3)


def length(due, frames) -> fractions.Fraction:
  """Seconds of the clip and so of the sound, in whole samples."""
  clip = due.clip
  if not due.constant:
    return fractions.Fraction(24, 25)
  fps = 25 if clip.count == 1 else clip.fps
  return fractions.Fraction(
    round(16_000 * frames / fractions.Fraction(fps)), 16_000
  )


def has_face(clip, number) -> bool:
  return number in clip.face and number not in clip.black


def check_report(done, due, numbers, seconds):
  edited = [k for k, number in enumerate(numbers) if has_face(due.clip, number)]
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
    assert fractions.Fraction(report['fps']) == due.clip.fps
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
  assert output.tag == ('hvc1' if due.pixels == awkward_cases.DEEP else 'avc1')
  assert output.metadata['comment'].startswith('AI-edited')
  if due.constant:
    fps = 25 if clip.count == 1 else clip.fps
    expected = np.arange(frames) / float(fps)
    seconds = frames / float(fps)
  else:
    expected = shared_out(due, seconds)
  np.testing.assert_allclose(output.times, expected, atol=5e-4)
  assert output.duration == pytest.approx(seconds, abs=1e-3)


def shared_out(due, seconds):
  """When the frames of a variable rate are shown."""
  stamps, unit = times(due.clip)
  ends = [float(unit * stamp) for stamp in stamps[1:]] + [seconds]
  begins = [0.0, *ends]
  return np.concatenate(
    [
      np.linspace(begin, end, list(due.numbers).count(k), endpoint=False)
      for k, (begin, end) in enumerate(zip(begins, ends, strict=False))
    ]
  )


def check_pictures(output, given, due, numbers):
  """Edited are the ones with a face, and of these only the lower part."""
  bits = 10 if due.pixels == awkward_cases.DEEP else 8
  for k in {0, *range(len(numbers))[:: 1 + len(numbers) // 12]}:
    number, frame = numbers[k], output.frames[k]
    wanted = played.planes(given.frames[number], given.turns, frame)
    found = played.planes(frame, 0, frame)
    if has_face(due.clip, number):
      upper = [plane[: len(plane) * 4 // 10] for plane in found]
      kept = [plane[: len(plane) * 4 // 10] for plane in wanted]
      assert played.psnr(upper, kept, bits) > 45
      assert played.psnr(found[:1], wanted[:1], bits) < 42
    else:
      assert played.psnr(found, wanted, bits) > 45
