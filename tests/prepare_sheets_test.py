"""Contact sheets show some of everything, and say what it is."""

import base64

import cv2
import numpy as np
import report_page

from input_pipeline.report import sheets


def sheet(rows):
  chosen = sheets.choose(rows, report_page.face)
  return report_page.Page(sheets.sheet(chosen))


def test_captions_tell_where_and_why():
  found = sheet(report_page.some_rows())
  captions = [caption for _, caption in found.figures]
  assert captions == [
    'two.mp40:00.0confidence 0.50, offset +2',
    'ben.mp40:00.0',
    'two.mp40:00.0too small',
    'small.mp41:05.0too small',
    'two.mp40:00.0out of sync',
  ]
  assert 'reason: too small: 30\n' in found.figures[3][0]
  assert 'start: 65.04' in found.figures[3][0]


def test_faces_are_small_pictures_in_their_colours():
  address = sheet([report_page.track()]).images[0]['src']
  kind, data = address.split(',')
  assert kind == 'data:image/jpeg;base64'
  data = np.frombuffer(base64.b64decode(data), np.uint8)
  small = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
  assert small.shape == (96, 72, 3)
  np.testing.assert_allclose(small[48, 36], (200, 30, 60), atol=4)


def test_contact_sheet_spreads_over_reasons_and_time():
  rows = [
    report_page.track(f'{k}', 'quality', f'small: {k}') for k in range(900)
  ]
  rows += [report_page.track(f'{k}', 'sync', 'far') for k in range(900, 1000)]
  rows += [
    report_page.track(f'{k}', 'track', 'short') for k in range(1000, 1004)
  ]
  rows.append(report_page.lost('x', 'read', 'damaged'))
  chosen = sheets.choose(rows, report_page.face)
  paths = [int(row['path']) for row, _ in chosen]
  assert paths == sorted(paths) and len(set(paths)) == 48
  assert paths[-4:] == [1000, 1001, 1002, 1003]
  small = [k for k in paths if k < 900]
  assert len(small) == 22 == len(paths[:-4]) - len(small)
  gaps = np.diff(small) * 22 / 900
  assert 0.4 < gaps.min() and gaps.max() < 2


def test_tracks_without_a_picture_give_way_to_others():
  rows = [report_page.track(f'{k}') for k in range(60)]
  asked = []

  def some(row):
    asked.append(row['path'])
    return report_page.face(row) if int(row['path']) < 50 else None

  assert len(sheets.choose(rows, some)) == 48
  assert len(sheets.choose(rows[:50] + rows[52:], some)) == 48
  asked.clear()
  none = [report_page.track(f'{k + 50}') for k in range(5000)]
  assert sheets.choose(none, some) == [] and len(asked) < 500
