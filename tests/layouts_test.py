"""Known data sets are read as they lie: clips, speakers, splits, sound."""

import pytest
from trees import found, make

from input_pipeline.preparation import layouts, sources

# Layout, what is there (None: left out): speaker and split.
TREES = [
  ('plain', {'train/a/1.mp4': 'a train', 'val/b/1.mp4': 'b validation'}),
  ('plain', {'train/1.mp4': 'train ', 'b/1.mp4': 'b '}),
  (
    'lrs2',
    {
      'main/55/00001.mp4': '55 ',
      'pretrain/55/00002.mp4': '55 ',
      'extra/55/00003.mp4': None,
    },
  ),
  (
    'lrs3',
    {
      'trainval/0a/50001.mp4': '0a ',
      'pretrain/0a/00001.mp4': '0a ',
      'test/0b/00001.mp4': '0b test',
    },
  ),
  (
    'lrw',
    {
      'ABOUT/train/ABOUT_00001.mp4': 'ABOUT_00001 train',
      'ABOUT/val/ABOUT_00002.mp4': 'ABOUT_00002 validation',
      'ABOUT/test/ABOUT_00003.mp4': 'ABOUT_00003 test',
      'ABOUT/ABOUT_00004.mp4': None,
    },
  ),
  (
    'grid',
    {
      's1/bbaf2n.mpg': 's1 test',
      's3/video/bbaf2n.mpg': 's3 ',
      's22/video/mpg_6000/bbaf2n.mpg': 's22 test',
      's34/bbaf2n.mp4': 's34 ',
      'about.mp4': None,
    },
  ),
  ('grid', {'train/s1/a.mpg': 's1 train', 'val/s3/a.mpg': 's3 validation'}),
  (
    'hdtf',
    {
      'RD_Radio1_000.mp4': 'RD_Radio1 ',
      'RD_Radio11_000.mp4': 'RD_Radio11 ',
      'Radio11_0.mp4': 'Radio11 ',
      'WDA_BarackObama_001.mp4': 'WDA_BarackObama ',
      'WDA_NancyPelosi0_000.mp4': 'WDA_NancyPelosi ',
      'WDA_NancyPelosi1_000_cfr25.mp4': 'WDA_NancyPelosi ',
      'WRA_MittRomney_000_012.mp4': 'WRA_MittRomney ',
      'Someone_1_02.mp4': 'Someone ',
    },
  ),
  (
    'voxceleb2',
    {
      'dev/mp4/id00012/21Uxsk56VDQ/00001.mp4': 'id00012 ',
      'test/mp4/id00017/0QhQ/00002.mp4': 'id00017 test',
      'dev/other/id00012/a/00001.mp4': None,
    },
  ),
]


@pytest.mark.parametrize('layout, tree', TREES)
def test_speakers_and_splits(tmp_path, layout, tree, caplog):
  make(tmp_path, tree)
  kept = {name: tuple(t.split(' ')) for name, t in tree.items() if t}
  assert found(tmp_path, layout) == kept
  missing = len(tree) - len(kept)
  assert caplog.text.count('1 videos are not where') == missing


@pytest.mark.parametrize(
  'layout, folder, name, expected',
  [
    ('lrs2', 'main', '55/00001.mp4', ('55', '')),
    ('lrs3', 'test/0b', '00001.mp4', ('0b', 'test')),
    ('lrw', 'ABOUT/val', 'ABOUT_00002.mp4', ('ABOUT_00002', 'validation')),
    ('grid', 's22', 'video/mpg_6000/bbaf2n.mpg', ('s22', 'test')),
    ('grid', 's3/video', 'bbaf2n.mpg', ('s3', '')),
    ('voxceleb2', 'test', 'mp4/id00017/0QhQ/00002.mp4', ('id00017', 'test')),
  ],
)
def test_a_folder_within_is_read_alike(
  tmp_path, layout, folder, name, expected
):
  make(tmp_path / folder, [name])
  assert found(tmp_path / folder, layout) == {name: expected}


@pytest.mark.parametrize('where', ['.', '..'])
def test_lrs2_follows_its_lists(tmp_path, where, caplog):
  tree = [f'main/{k}/0000{n}.mp4' for k in (55, 61, 62) for n in (1, 2)]
  tree += [f'pretrain/{k}/00009.mp4' for k in (55, 61, 63)]
  root = tmp_path / 'lrs2'
  make(root, tree)
  make(
    root / where,
    [],
    {
      'train.txt': '55/00001\n55/00002\n',
      'val.txt': '61/00001\n',
      'test.txt': '62/00001 NF\n62/00002 MV\n\n',
      'pretrain.txt': '55/00009\n61/00009\n63/00009\n',
    },
  )
  assert found(root, 'lrs2') == {
    'main/55/00001.mp4': ('55', 'train'),
    'main/55/00002.mp4': ('55', 'train'),
    'main/61/00001.mp4': ('61', 'validation'),
    'main/62/00001.mp4': ('62', 'test'),
    'main/62/00002.mp4': ('62', 'test'),
    'pretrain/55/00009.mp4': ('55', 'train'),
    'pretrain/63/00009.mp4': ('63', 'train'),
  }
  # main/61/00002 is in no list, and 61 is held out.
  assert '2 of 9 videos are left out' in caplog.text


def test_lrs3_follows_lists_and_keeps_its_test_folder(tmp_path):
  folders = ('trainval/a', 'trainval/b', 'pretrain/a', 'pretrain/b', 'test/c')
  make(
    tmp_path,
    [f'{folder}/00001.mp4' for folder in folders],
    {'train.txt': 'trainval/a/00001.mp4', 'val.txt': 'trainval/b/00001'},
  )
  assert found(tmp_path, 'lrs3') == {
    'pretrain/a/00001.mp4': ('a', 'train'),
    'test/c/00001.mp4': ('c', 'test'),
    'trainval/a/00001.mp4': ('a', 'train'),
    'trainval/b/00001.mp4': ('b', 'validation'),
  }


def test_voxceleb2_has_its_sound_elsewhere(tmp_path):
  clip = 'id00012/21Uxsk56VDQ/00001'
  other = 'id00012/21Uxsk56VDQ/00002'
  make(
    tmp_path,
    [f'dev/mp4/{clip}.mp4', f'dev/mp4/{other}.mp4', f'dev/aac/{clip}.m4a'],
  )
  for root in (tmp_path, tmp_path / 'dev/mp4/id00012/21Uxsk56VDQ'):
    first, second = sources.find(root, layout='voxceleb2')
    assert first.audio == tmp_path / 'dev' / 'aac' / f'{clip}.m4a'
    assert second.audio is None


def test_every_layout_but_ones_own_has_a_licence():
  without = {
    name for name, rules in layouts.LAYOUTS.items() if not rules.licence
  }
  assert without == {'plain', 'wav2lip'}
