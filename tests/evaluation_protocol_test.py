"""Protocols: what they pin, and what is refused."""

import dataclasses
import hashlib
import pathlib

import pytest

from lipsync_jax.evaluation import pairs, protocol, protocol_file

SHIPPED = pathlib.Path(__file__).parents[1] / 'configs' / 'protocols'
TEXT = """
name = 'mine'
about = '''
Two
lines.
'''
[pairs]
list = 'list.txt'
own = true
[generate]
crf = 20
[measure]
fid = 'frame'
[files]
'a' = '{digest}'
"""


@pytest.fixture
def write(tmp_path):
  (tmp_path / 'list.txt').write_text('b a\na b\nb a\n')
  (tmp_path / 'a.mp4').write_bytes(b'a')
  (tmp_path / 'b.mp4').write_bytes(b'b')

  def write(old='', new=''):
    path = tmp_path / 'protocol.toml'
    text = TEXT.format(digest=hashlib.sha256(b'a').hexdigest())
    assert old in text
    path.write_text(text.replace(old, new))
    return path

  return write


def test_a_protocol_says_it_all(write):
  found = protocol_file.read(write())
  assert found.name == 'mine' and found.about == 'Two lines.'
  names = [(p.video, p.audio) for p in found.pairs]
  assert names == [('a', 'a'), ('b', 'b'), ('a', 'b'), ('b', 'a')]
  assert found.generate == protocol.Generate(crf=20)
  assert found.measure == protocol.Measure(fid='frame')


def test_a_list_is_a_protocol(write, tmp_path):
  found = protocol_file.read(tmp_path / 'list.txt')
  assert found.name == 'list' and len(found.pairs) == 2
  assert found.generate == protocol.Generate()


@pytest.mark.parametrize(
  ('old', 'new', 'said'),
  [
    ('crf = 20', 'crf = 60', 'crf=60: choose 0 to 51'),
    ('crf = 20', 'quality = 3', 'unknown in generate: quality; known are crf'),
    ("fid = 'frame'", "fid = 'eyes'", "fid 'eyes': choose none, face, frame"),
    ("fid = 'frame'", "lse = 'both'", "lse 'both'"),
    ('[files]', '[file]', 'unknown in the file: file'),
    ("name = 'mine'", '', "'name' is missing"),
    ("list = 'list.txt'", '', 'needs a list'),
    ("name = 'mine'", 'name mine', 'is no TOML'),
    ('crf = 20', "reference = 'other'", "reference 'other'"),
    ("'a' = '", "'c' = '", "'c': nothing here has that name"),
    ("'a' = '", "a.mp4 = '", "give 'a' a checksum"),
    ('[files]', '[weights]', "'a': nothing here has that name"),
    ("list = 'list.txt'", 'list = 3', 'protocol.toml'),
    ('[pairs]', '[[pairs]]', 'protocol.toml'),
  ],
)
def test_what_makes_no_sense_is_refused(write, old, new, said):
  with pytest.raises(ValueError, match=said) as stop:
    protocol_file.read(write(old, new))
  assert 'protocol.toml' in str(stop.value)


def test_another_number_is_another_protocol(write):
  found = protocol_file.read(write())
  assert protocol_file.read(write('lines', 'words')).fingerprint == (
    found.fingerprint
  )
  for old, new in (('20', '21'), ('frame', 'face'), ('own = true', '')):
    assert protocol_file.read(write(old, new)).fingerprint != found.fingerprint


def test_other_footage_than_the_pinned_is_refused(write, tmp_path):
  found = protocol_file.read(write())
  digests = protocol.digests(found, tmp_path)
  assert digests == {
    name: hashlib.sha256(name.encode()).hexdigest() for name in 'ab'
  }
  (tmp_path / 'b.mp4').write_bytes(b'c')  # not pinned
  assert protocol.digests(found, tmp_path)['b'] != digests['b']
  (tmp_path / 'a.mp4').write_bytes(b'c')
  with pytest.raises(ValueError, match='not the file of the protocol'):
    protocol.digests(found, tmp_path)


def test_fewer_pairs_have_another_name(write):
  found = protocol_file.read(write())
  less = found.first(1)
  assert less.name == 'mine (first 1 of 4 pairs)' and len(less.pairs) == 1
  assert less.fingerprint != found.fingerprint
  assert found.first(4) is found and found.first(9) is found
  with pytest.raises(ValueError, match='at least 1'):
    found.first(0)


@pytest.mark.parametrize('name', ['clips_val', 'synthetic'])
def test_shipped_protocols_give_each_video_its_own_and_anothers_sound(name):
  found = protocol_file.read(SHIPPED / f'{name}.toml')
  own = [pair for pair in found.pairs if pair.own]
  other = [pair for pair in found.pairs if not pair.own]
  videos = {pair.video for pair in found.pairs}
  assert len(own) == len(other) == len(videos)
  assert all(p.video.split('/')[0] != p.audio.split('/')[0] for p in other)
  assert set(found.files) in (set(), videos)


def test_pairs_compare_by_what_they_are():
  pair = pairs.Pair('a', 'b')
  assert dataclasses.replace(pair, audio='a').own and not pair.own
