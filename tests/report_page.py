"""Rows of a manifest made up for tests, and a reader of the report."""

import collections
import html.parser

import numpy as np

from input_pipeline.report import page as page_lib

ABOUT = {
  'videos': 'my <videos>',
  'expert': {'run': 'runs/expert', 'step': 4000, 'objective': 'contrastive'},
  'min_confidence': 0.2,
  'chance': {'pairs': 1500, 'mean': 0.05, 'std': 0.04, 'frames': 75.0},
  'settings': {'sync': {'max_shift': 8, 'model': None}},
  'seconds': {'candidates': 300.0},
}
NOTHING = ABOUT | {'expert': None, 'min_confidence': None, 'chance': None}


class Page(html.parser.HTMLParser):
  """Text, tables by their class, and the figures of the contact sheets."""

  def __init__(self, text):
    super().__init__()
    self.text, self.images, self.figures, self.warnings = '', [], [], []
    self.tags = collections.Counter()
    self.tables = collections.defaultdict(list)
    self._table, self._in = None, ''
    self.feed(text)

  def handle_starttag(self, tag, attributes):
    attributes = dict(attributes)
    self.tags[tag] += 1
    if tag == 'table':
      self._table = self.tables[attributes['class']]
    elif tag == 'tr':
      self._table.append([])
    elif tag in ('td', 'th'):
      self._table[-1].append('')
      self._in = 'cell'
    elif tag == 'img':
      self.images.append(attributes)
    elif tag == 'figure':
      self.figures.append([attributes.get('title', ''), ''])
      self._in = 'figure'
    elif tag == 'p':
      self._in = attributes.get('class', '')
      self.warnings += [''] * (self._in == 'warn')

  def handle_endtag(self, tag):
    if tag in ('table', 'figure'):
      self._in = ''

  def handle_data(self, data):
    self.text += data
    if self._in == 'cell':
      self._table[-1][-1] += data.rstrip('\n')
    elif self._in == 'figure':
      self.figures[-1][1] += data
    elif self._in == 'warn':
      self.warnings[-1] += data


def lost(path, stage, reason, **more):
  """A video without a track."""
  row = {'path': path, 'speaker': 'ann', 'split': '', 'kept': False}
  return row | {'stage': stage, 'reason': reason, 'duration': 60.0} | more


def track(path='a.mp4', stage='', reason='', *, seconds=10.0, **more):
  row = lost(path, stage, reason, kept=not reason, split='train')
  row |= {'shot': 0, 'track': 0, 'start': 0.0, 'end': seconds, 'chunks': 2}
  row |= {'seconds': 0.0 if reason else seconds, 'face_size': 90.0}
  return row | more


def some_rows():
  return [
    lost('broken.mp4', 'read', 'not a media file'),
    lost('mute.mp4', 'sound', 'no sound track'),
    lost('cat.mp4', 'face', 'no face found'),
    lost('short.mp4', 'track', 'cut off: 0.2 of 60.0 s can be read'),
    track('two.mp4', offset=2, confidence=0.5, shot_start=0.0, shot_end=30.0),
    track('two.mp4', 'quality', 'too small: 20', shot=1, shot_start=30.0),
    track('two.mp4', 'sync', 'out of sync', offset=-12, confidence=0.4),
    track('small.mp4', 'quality', 'too small: 30', start=65.04, end=70.0),
    track('ben.mp4', speaker='ben', split='validation', seconds=4.0),
  ]


def face(row):
  del row
  return np.full((40, 30, 3), (200, 30, 60), np.uint8)


def page(tmp_path, rows, about=ABOUT, picture=face):
  """Writes a report and reads it."""
  path = page_lib.write(tmp_path, rows, about=about, picture=picture)
  assert path == tmp_path / 'report.html'
  return Page(path.read_text(encoding='utf-8'))
