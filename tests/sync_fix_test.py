"""`tools.sync fix`: the sound is where the lips are, or nothing is written."""

import fractions
import json

import flash_and_click
import judged
import pytest

from input_pipeline import media
from lipsync_jax.judging import measure_video
from tools import benchmark, benchmark_shifts, sync, sync_fix, sync_options


@pytest.fixture
def run(monkeypatch):
  monkeypatch.setattr(measure_video, 'measure', judged.by_click)
  tools = sync_options.Tools(None, None, {'expert': 'by the click'})
  monkeypatch.setattr(sync_options, 'load', lambda options: tools)

  def run(*words):
    return sync.main(['fix', '--expert', 'none', *map(str, words)])

  return run


def kind_of(**changes):
  return flash_and_click.Kind(sound='aac', rate=48_000, **changes)


def video(path, late=0):
  """Its sound is late by so many frames."""
  if not late:
    flash_and_click.write(path, kind_of())
    return path
  plain = path.with_stem('plain')
  flash_and_click.write(plain, kind_of())
  media.delayed(plain, path, fractions.Fraction(late, 25))
  plain.unlink()
  return path


@pytest.mark.parametrize('late', [-4, 3])
def test_the_sound_is_moved_to_where_it_belongs(run, tmp_path, late, capsys):
  path = video(tmp_path / 'talk.mp4', late)
  target, facts = tmp_path / 'fixed.mp4', tmp_path / 'fixed.json'
  assert run(path, '--output', target, '--json', facts) == 0
  assert judged.by_click(None, target, None).measured.offset == 0
  printed = capsys.readouterr().out
  assert f'{target}: offset +0 frames' in printed
  content = json.loads(facts.read_text())
  assert content['expert'] == 'by the click'
  [row] = content['videos']
  assert (row['before'], row['moved'], row['after']) == (-late, -late, 0)


def test_what_is_in_sync_is_left_alone_or_copied(run, tmp_path, capsys):
  path = video(tmp_path / 'talk.mp4')
  folder = tmp_path / 'fixed'
  assert run(path, '--output-dir', folder) == 0
  assert not list(folder.iterdir())
  assert 'in sync, left alone' in capsys.readouterr().out
  assert run(path, '--output-dir', folder, '--copy') == 0
  assert (folder / 'talk.mp4').read_bytes() == path.read_bytes()


def test_a_copy_is_of_the_kind_that_its_name_says(run, tmp_path):
  path = tmp_path / 'talk.avi'
  kind = flash_and_click.Kind(sound='pcm_s16le', codec='mpeg4')
  flash_and_click.write(path, kind)
  assert run(path, '--output-dir', tmp_path / 'fixed', '--copy') == 0
  copied = tmp_path / 'fixed' / 'talk.mkv'
  assert copied.read_bytes()[:4] == bytes.fromhex('1a45dfa3')  # Matroska
  assert judged.by_click(None, copied, None).measured.offset == 0


def test_a_copy_that_fails_keeps_nothing_from_the_others(
  run, tmp_path, monkeypatch, capsys
):
  path, other = video(tmp_path / 'talk.mp4'), video(tmp_path / 'other.mp4', 2)

  def full(*_):
    raise OSError(28, 'No space left on device')

  monkeypatch.setattr(sync_fix.shutil, 'copyfile', full)
  folder, facts = tmp_path / 'fixed', tmp_path / 'fixed.json'
  words = ('--output-dir', folder, '--copy', '--json', facts)
  assert run(path, other, *words) == 2
  assert 'No space left' in capsys.readouterr().err
  bad, good = json.loads(facts.read_text())['videos']
  assert 'No space left' in bad['error'] and good['after'] == 0
  assert [file.name for file in folder.iterdir()] == ['other.mp4']


def test_what_is_undetermined_is_moved_only_when_told(run, tmp_path, capsys):
  path = tmp_path / 'talk.mp4'
  flash_and_click.write(path, kind_of(level=0))
  other = video(tmp_path / 'other.mp4', 2)
  folder = tmp_path / 'fixed'
  assert run(path, other, '--output-dir', folder) == 2
  said = capsys.readouterr().err
  assert said.startswith(f'error: {path}: undetermined: the sound is silent')
  assert '--offset' in said
  assert [file.name for file in folder.iterdir()] == ['other.mp4']
  assert run(path, '--offset', -3, '--output-dir', folder) == 0
  assert (folder / 'talk.mp4').exists()


def test_a_told_offset_that_is_wrong_is_seen(run, tmp_path, capsys):
  path = video(tmp_path / 'talk.mp4')
  assert run(path, '--offset', -2, '--output', tmp_path / 'a.mp4') == 2
  assert 'still +2 frames off' in capsys.readouterr().err


def test_a_told_offset_needs_no_face(run, tmp_path, monkeypatch, capsys):
  def no_face(*arguments, **options):
    raise ValueError('no face found.')

  path, target = video(tmp_path / 'talk.mp4', 3), tmp_path / 'fixed.mp4'
  monkeypatch.setattr(measure_video, 'measure', no_face)
  assert run(path, '--output', target) == 2 and not target.exists()
  facts = tmp_path / 'fixed.json'
  assert run(path, '--output', target, '--offset', -3, '--json', facts) == 0
  assert 'as told' in capsys.readouterr().out
  assert judged.by_click(None, target, None).measured.offset == 0
  [row] = json.loads(facts.read_text())['videos']
  assert (row['before'], row['moved'], row['after']) == (None, -3, None)


def test_bad_input_is_one_line(run, tmp_path, capsys):
  path = video(tmp_path / 'talk.mp4')
  (tmp_path / 'b').mkdir()
  twin = video(tmp_path / 'b' / 'talk.mp4')
  text = tmp_path / 'text.mp4'
  text.write_text('no video')
  for words, why in [
    ([path], 'Give --output FILE or --output-dir DIR'),
    ([path, twin, '--output', 'a.mp4'], 'for one video'),
    ([path, twin, '--output-dir', tmp_path / 'c'], 'would both become'),
    ([path, '--output-dir', tmp_path], 'would be replaced'),
    ([path, '--output', tmp_path / 'no' / 'a.mp4'], 'there is no folder'),
    ([path, '--output', tmp_path / 'a.avi'], 'must end in one'),
    ([path, '--output', tmp_path / 'b'], 'is a folder'),
    ([text, '--output', tmp_path / 'a.mp4'], 'not a media file'),
  ]:
    assert run(*words) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith('error: ') and why in line
  assert not (tmp_path / 'a.mp4').exists()


def test_other_kinds_become_mkv(run, tmp_path):
  path = tmp_path / 'talk.avi'
  # Not AAC, whose priming AVI does not tell of.
  kind = flash_and_click.Kind(sound='pcm_s16le', codec='mpeg4')
  flash_and_click.write(path, kind)
  assert run(path, '--offset', 3, '--output-dir', tmp_path / 'fixed') == 2
  moved = tmp_path / 'fixed' / 'talk.mkv'
  assert judged.by_click(None, moved, None).measured.offset == -3


def test_the_benchmark_counts_what_is_found_and_fixed(
  monkeypatch, tmp_path, capsys
):
  for name in ('a.mp4', 'b.mkv'):
    flash_and_click.write(tmp_path / name, kind_of())
  (tmp_path / 'notes.txt').write_text('not a video')
  monkeypatch.setattr(measure_video, 'measure', judged.by_click)
  monkeypatch.setattr(
    benchmark_shifts.experts,
    'load',
    lambda run: (None, {'run': 'x', 'step': 1}),
  )
  benchmark.main(
    ['shifts', '--expert', 'x', '--detector', 'cascade', str(tmp_path)]
    + ['--frames', '-3', '0', '5']
  )
  lines = capsys.readouterr().out.splitlines()
  assert lines[2] == '| -3 | 2 | 2 (100.0 %) | 2 | 0 | 2 of 2 |'
  assert lines[5] == '| all | 6 | 6 (100.0 %) | 6 | 0 | 6 of 6 |'
  assert lines[7].startswith('2 videos, expert x at step 1, cascade.')
  with pytest.raises(SystemExit, match='no video that ends in'):
    benchmark.main(['shifts', '--expert', 'x', str(tmp_path / 'notes.txt')])
