"""Synthetic talkers who say one word, and the labels beside them."""

import itertools
import json

import numpy as np
import pytest

from input_pipeline import (
  clip_words,
  media,
  synthetic,
  synthetic_phonemes,
  synthetic_words,
)
from tools import synthesize


@pytest.mark.parametrize('word', synthetic_words.WORDS)
def test_a_word_is_said_once_with_silence_around(word, rng):
  # The slowest talker has 1.6 s, as tools.synthesize gives.
  spoken = synthetic_words.say(word, rng, 1.6, rate=0.85, tail=0.3)
  assert ''.join(phoneme.symbol for phoneme in spoken) == f'_{word}_'
  assert spoken[0].start == 0 and spoken[-1].stop == pytest.approx(1.9)
  assert spoken[-2].stop <= 1.6
  for one, next_one in itertools.pairwise(spoken):
    assert one.start <= one.stop == next_one.start


def test_no_two_words_look_alike():
  """The lips' targets, sound by sound, differ clearly somewhere."""

  def looks(word):
    table = synthetic_phonemes.TABLE
    return np.array(
      [(table[s].opening, table[s].spread, table[s].rounding) for s in word]
    )

  for one, other in itertools.combinations(synthetic_words.WORDS, 2):
    if len(one) == len(other):
      assert np.abs(looks(one) - looks(other)).max() > 0.3, (one, other)


def test_the_moment_and_the_speed_vary():
  starts, lengths = [], []
  for seed in range(20):
    spoken = synthetic_words.say('mami', np.random.default_rng(seed), 1.6)
    starts.append(spoken[1].start)
    lengths.append(spoken[-2].stop - spoken[1].start)
  assert np.ptp(starts) > 0.4
  assert max(lengths) > 1.15 * min(lengths)


def test_words_that_cannot_be_said(rng):
  with pytest.raises(ValueError, match=r"unknown symbols \['x'\]"):
    synthetic_words.say('max', rng, 1.6)
  with pytest.raises(ValueError, match='too short'):
    synthetic_words.say('mami', rng, 0.2)


def test_lips_close_for_the_word_alone():
  who = synthetic.person(1)
  clip = synthetic.make_clip(
    who, seed=0, num_frames=30, height=64, width=64, word='tAsa'
  )
  said = ''.join(p.symbol for p in clip.phonemes)
  assert said.strip('_') == 'tAsa'
  times = (np.arange(30) + 0.5) / 25
  a = next(p for p in clip.phonemes if p.symbol == 'a')
  middle = np.abs(times - (a.start + a.stop) / 2).argmin()
  assert clip.mouth[middle, 0] > 0.5
  outside = (times < clip.phonemes[1].start - 0.1) | (
    times > clip.phonemes[-2].stop + 0.1
  )
  assert outside.any() and clip.mouth[outside, 0].max() < 0.2


def test_the_command_writes_labels(tmp_path):
  synthesize.main(
    f'--output {tmp_path} --people 1 --clips 3 --words 2 --frames 30 '
    '--size 64 --workers 1'.split()
  )
  labels = clip_words.read(tmp_path / 'labels.json')
  assert labels == {
    f'talker_00/clip_{k}.mp4': (synthetic_words.WORDS[k % 2],) for k in range(3)
  }
  videos = {
    p.relative_to(tmp_path).as_posix() for p in tmp_path.glob('*/*.mp4')
  }
  assert videos == labels.keys()
  assert media.probe(tmp_path / 'talker_00/clip_2.mp4').has_audio


def test_more_words_than_there_are(tmp_path, capsys):
  with pytest.raises(SystemExit):
    synthesize.parse(['--output', str(tmp_path), '--words', '11'])
  assert '--words: choose 0 to 10' in capsys.readouterr().err


def test_words_take_less_time():
  assert synthesize.parse(['--output', 'x']).frames == 75
  assert synthesize.parse(['--output', 'x', '--words', '3']).frames == 40


def test_words_need_as_many_clips(tmp_path, capsys):
  words = ['--output', str(tmp_path), '--words', '4', '--clips', '3']
  with pytest.raises(SystemExit):
    synthesize.parse(words)
  assert '--words 4 needs --clips 4 or more' in capsys.readouterr().err


def test_labels_grow_but_never_change(tmp_path):
  def write(**options):
    words = [f'--{name}={value}' for name, value in options.items()]
    jobs = [(p, c) for p in range(options['people']) for c in range(3)]
    given = synthesize.parse(['--output', str(tmp_path), *words])
    synthesize.write_labels(given, jobs)
    return json.loads((tmp_path / 'labels.json').read_text())

  few = write(people=1, words=3, clips=3)
  more = write(people=2, words=3, clips=3)
  assert len(few) == 3 and len(more) == 6 and few.items() <= more.items()
  with pytest.raises(SystemExit, match='talkers of other words'):
    write(people=2, words=2, clips=3)
  (tmp_path / 'labels.json').unlink()
  (tmp_path / 'talker_00').mkdir()
  (tmp_path / 'talker_00' / 'clip_0.mp4').touch()
  with pytest.raises(SystemExit, match='without labels'):
    write(people=1, words=3, clips=3)
