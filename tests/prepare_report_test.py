"""The report tells what became of every row, whatever the rows hold."""

import math
import time

import pytest
import report_page

from input_pipeline.report import page


@pytest.fixture(scope='module')
def written(tmp_path_factory):
  return report_page.page(
    tmp_path_factory.mktemp('report'), report_page.some_rows()
  )


def test_headline(written):
  start = written.text.index('7videos')
  tiles = (
    '7videos5candidate tracks2kept tracks10 strain, 1 speaker4 svalidation'
  )
  assert written.text[start:].startswith(tiles)
  assert 'runs/expert, step 4000 (contrastive)' in written.text
  assert '(1,500 pairs) reach 0.05 ± 0.04' in written.text
  assert 'What was kept of my <videos>' in written.text
  assert not written.warnings


def test_funnel_tells_videos_and_tracks_apart(written):
  lines = {row[0]: row[2:] for row in written.tables['funnel'][1:]}
  assert lines == {
    'read': ['7', '1', '6', '', '', '', '6.0 min'],
    'sound': ['6', '1', '5', '', '', '', '5.0 min'],
    'face': ['5', '1', '4', '', '', '', '4.0 min'],
    'track': ['4', '1', '3', '5', '0', '5', '0.6 min'],
    'quality': ['3', '1', '2', '5', '2', '3', '0.4 min'],
    'speaker': ['2', '0', '2', '3', '0', '3', '0.4 min'],
    'sync': ['2', '0', '2', '3', '1', '2', '0.2 min'],
    'kept': ['', '', '2', '', '', '2', '0.2 min'],
  }


def test_reasons_have_counts_and_an_example(written):
  lines = written.tables['reasons'][1:]
  assert lines[0] == ['too small', 'quality', '2', '0', 'two.mp4 at 0:00.0']
  assert ['no face found', 'face', '0', '1', 'cat.mp4'] in lines
  assert len(lines) == 6


def test_videos_tell_tracks_offsets_cuts_and_reasons(written):
  lines = {row[0]: row[1:] for row in written.tables['videos'][1:]}
  assert lines['two.mp4'] == [
    '1 of 3',
    '10 s',
    '+2, -12',
    '2 cuts at 30.00 s',
    '1× out of sync1× too small',
  ]
  assert lines['small.mp4'] == ['0 of 1', '', '', '1', 'too small: 30']
  assert lines['short.mp4'][-1] == 'cut off: 0.2 of 60.0 s can be read'
  assert len(lines) == 7


def test_plots_are_made_of_what_is_known(written):
  plots = [x['alt'] for x in written.images if x['alt']]
  assert plots == ['Offset', 'Confidence', 'Face size', 'Duration']
  assert 'for want of numbers: sharpness, yaw, speech.' in written.text


@pytest.mark.parametrize(
  'rows, warning',
  [
    ([], 'Nothing was kept'),
    ([report_page.lost('a', 'read', 'damaged')], 'Nothing was kept'),
    ([report_page.track('a', 'sync', 'far', offset=None)], 'Nothing was kept'),
    (
      [report_page.track('a'), report_page.track('b')],
      'a single speaker (ann)',
    ),
    (
      [
        report_page.track('a'),
        report_page.track('b', split='test'),
        report_page.track('c', speaker='ben'),
      ],
      'more than one split: ann.',
    ),
  ],
  ids=['no rows', 'no track', 'nothing kept', 'one speaker', 'shared'],
)
def test_warnings(tmp_path, rows, warning):
  rows = [row | {'start': math.nan, 'face_size': None} for row in rows]
  found = report_page.page(
    tmp_path, rows, report_page.NOTHING, lambda row: None
  )
  missing, told = found.warnings
  assert 'No expert was given: sync was not checked' in missing
  assert 'python -m tools.prepare --rescore DATA --expert RUN' in missing
  assert warning in told


@pytest.mark.parametrize(
  'name, shown',
  [
    ('<script>x</script>', '<script>x</script>'),
    ("\"><img src=x> & '$(rm)'", "\"><img src=x> & '$(rm)'"),
    ('a\nb\x00\x9f', 'a?b??'),
    ('caf\udce9 é', 'caf? é'),
  ],
)
def test_names_are_only_text(tmp_path, name, shown):
  bare = {'face_size': None, 'end': None, 'seconds': None}  # nothing to plot
  rows = [
    report_page.track(name, speaker=name, split=name, licence=name) | bare,
    report_page.track(name, name, f'{name}: 3') | bare,
    report_page.lost(name, 'read', name),
  ]
  about = report_page.NOTHING | {
    'videos': name,
    'settings': {name: {name: name}},
  }
  about['expert'] = {'run': name, 'step': name, 'objective': name}
  found = report_page.page(tmp_path, rows, about)
  assert found.tags['script'] == 0
  assert found.tags['img'] == len(found.images) == 2
  for cells in ('reasons', 'speakers', 'videos', 'settings'):
    assert shown in [row[0] for row in found.tables[cells]]
  assert all(f'path: {shown}\n' in title for title, _ in found.figures)
  assert found.text.count(f'kept of {shown}') == 1


def test_the_same_rows_give_the_same_bytes(tmp_path):
  pages = []
  for seconds in (300.0, 480.0):
    about = report_page.ABOUT | {'seconds': {'candidates': seconds}}
    path = page.write(
      tmp_path,
      report_page.some_rows()[6:],
      about=about,
      picture=report_page.face,
    )
    pages.append(path.read_bytes())
  assert pages[0] == pages[1].replace(b'8.0 min', b'5.0 min') != pages[1]


def test_many_rows_take_little_time_and_room(tmp_path):
  rows = [
    report_page.track(
      f'{k // 2}.mp4', *(('quality', 'small') if k % 3 else ()), start=k
    )
    | {'speaker': f'{k // 3 % 60}', 'offset': k % 20, 'end': k + 2.0}
    for k in range(20_000)
  ]
  began = time.monotonic()
  path = page.write(
    tmp_path, rows, about=report_page.ABOUT, picture=report_page.face
  )
  assert time.monotonic() - began < 10
  assert path.stat().st_size < 3e6
  found = report_page.Page(path.read_text(encoding='utf-8'))
  assert len(found.figures) == 96
  assert len(found.tables['videos']) == 1 + 500
  assert 'The first 500 of 10,000; all of them are in manifest' in found.text
  assert len(found.tables['speakers']) == 1 + 50
  assert '... and 10 more (' in found.text
