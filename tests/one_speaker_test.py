"""One speaker's records, a part of them held out."""

import pytest
import tiny_runs

from input_pipeline import one_speaker, records, shards
from lipsync_jax import family


def chunks(**clips):
  """Records of clips of so many whole chunks, in the order given."""
  places = [
    one_speaker.Place(clip, 75 * k, 75)
    for clip, count in clips.items()
    for k in range(count)
  ]
  return dict(enumerate(places))


def divided(places, share=0.15):
  return tuple(
    [(places[k].clip, places[k].start // 75) for k in part]
    for part in one_speaker.divide(places, share)
  )


def test_whole_clips_are_held_out_the_last_by_name():
  learnt, kept = divided(chunks(c=2, b=6, d=1, a=11))
  assert kept == [('c', 0), ('c', 1), ('d', 0)]
  assert {clip for clip, _ in learnt} == {'a', 'b'} and len(learnt) == 17


@pytest.mark.parametrize(
  ('share', 'clips'), [(0.01, 'd'), (0.25, 'd'), (0.4, 'cd'), (0.74, 'bcd')]
)
def test_the_share_is_kept_as_nearly_as_clips_allow(share, clips):
  _, kept = divided(chunks(a=2, b=2, c=2, d=2), share)
  assert ''.join(sorted({clip for clip, _ in kept})) == clips


def test_a_long_last_clip_stays_to_be_learnt():
  assert divided(chunks(a=1, b=9))[1] == [('a', 0)]
  learnt, kept = divided(chunks(a=4, b=4))
  assert {c for c, _ in learnt} == {'a'} and {c for c, _ in kept} == {'b'}


def test_a_single_clip_ends_with_a_gap_and_what_is_held_out():
  learnt, kept = divided(chunks(a=20))
  assert learnt == [('a', k) for k in range(16)]
  assert kept == [('a', k) for k in (17, 18, 19)]
  # A cut in the film is gap enough.
  places = {k: one_speaker.Place('a', s, 75) for k, s in enumerate((0, 150))}
  assert one_speaker.divide(places, 0.5) == ([0], [1])


def test_too_little_and_a_share_of_nothing():
  assert divided(chunks(a=3)) == ([('a', 0)], [('a', 2)])
  for count in (1, 2):
    with pytest.raises(ValueError, match=r'\.0 s of one clip .*Needed: 9 s'):
      one_speaker.divide(chunks(a=count), 0.15)
  for share in (0, 1, -1):
    with pytest.raises(ValueError, match='data.held_out is'):
      one_speaker.divide(chunks(a=20), share)


def test_speakers_of_every_split_are_found(talkers):
  """Of people 0 and 1 in one split, 2 in the other, two clips each."""
  for speaker in ('0', '2'):
    parts = one_speaker.load(talkers, speaker, share=0.5)
    assert parts.train.clip_ids == (f'{speaker}/0.mp4',)
    assert parts.held_out.clip_ids == (f'{speaker}/1.mp4',)
    assert records.parse(parts.held_out[0]).clip_id == f'{speaker}/1.mp4'
    assert parts.report == (
      f'{speaker}: 1 s in 1 chunks to train on, 1 s in 1 chunks held out'
    )


@pytest.mark.parametrize('speaker', ['', 'anna'])
def test_an_unknown_speaker_is_answered_with_those_there(talkers, speaker):
  said = r'config\.data\.speaker=NAME: 0 \(2 s\), 1 \(2 s\), 2 \(2 s\)\.'
  with pytest.raises(ValueError, match=said):
    one_speaker.load(talkers, speaker, share=0.15)


@pytest.fixture(scope='module')
def alone(tmp_path_factory):
  """What tools.prepare makes of one person's footage: one split."""
  folder = tmp_path_factory.mktemp('alone')
  with shards.ShardWriter(folder, 'talkers', 'train') as writer:
    for seed in range(3):
      writer.write(tiny_runs.make_chunk(7, seed))
  return folder


def test_one_person_alone_needs_neither_name_nor_second_split(alone):
  config = tiny_runs.tiny('expert', alone)
  config.data.held_out = 0.3
  built = family.build(config)
  parts = [built.footage.source(split) for split in ('train', 'validation')]
  assert [len(part) for part in parts] == [2, 1]
  assert parts[1].clip_ids == ('7/2.mp4',)


def test_tracks_of_one_video_are_one_clip(tmp_path, counting_chunk):
  """Shots of one take, and two faces at once, have names of their own."""
  with shards.ShardWriter(tmp_path, 'x', 'train') as writer:
    for k in range(12):
      for track in (k, k + 12):
        writer.write(
          counting_chunk(clip=f'7/a.mp4#{track}', start_frame=75 * k)
        )
  parts = one_speaker.load(tmp_path, '7', share=0.2)
  learnt, kept = (
    [records.parse(part[k]).start_frame for k in range(len(part))]
    for part in (parts.train, parts.held_out)
  )
  assert max(learnt) + 75 + one_speaker.GAP <= min(kept)


@pytest.mark.parametrize(
  ('wrong', 'said'),
  [
    ({'speaker': '7', 'held_out': 0.0}, 'held_out=0.15'),
    ({'validation_split': 'train'}, 'must differ'),
  ],
)
def test_fields_that_contradict_each_other(alone, wrong, said):
  config = tiny_runs.tiny('expert', alone)
  config.data.update({'held_out': 0.3} | wrong)
  with pytest.raises(ValueError, match=said):
    family.build(config).footage.source('train')


def test_no_data_there(tmp_path):
  with pytest.raises(FileNotFoundError, match=r'tools\.prepare'):
    one_speaker.load(tmp_path, '', share=0.15)
