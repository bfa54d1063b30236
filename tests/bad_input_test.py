"""Whatever lies in a folder of footage becomes right data, or one plain line.

All files of `bad_files` are prepared in one run.
"""

import json
import os
import re

import bad_files
import flash_and_click
import numpy as np
import pytest

from input_pipeline import manifest, records, shards
from input_pipeline.preparation import (
  prepare,
  prepare_video,
  selection,
  sources,
)
from input_pipeline.report import page

OPTIONS = prepare_video.Options(size=64, detector='cascade')
THRESHOLDS = selection.Thresholds(min_seconds=0.6)
NAMES = {name: said or name for name, said in bad_files.NAMES.items()}
KEPT = bad_files.KEPT | {
  said: bad_files.KEPT['plain.mp4'] for said in NAMES.values()
}


@pytest.fixture(scope='module')
def prepared(tmp_path_factory):
  """Output folder, and the manifest's rows by path."""
  folder = tmp_path_factory.mktemp('videos')
  bad_files.make(folder)
  output = tmp_path_factory.mktemp('data') / 'data'
  prepare.prepare(
    sources.find(folder),
    output,
    options=OPTIONS,
    thresholds=THRESHOLDS,
    workers=1,
  )
  rows = [
    json.loads(line)
    for line in (output / manifest.NAME).read_bytes().splitlines()
  ]
  by_path = {}
  for row in rows:
    by_path.setdefault(row['path'], []).append(row)
  return output, by_path


@pytest.fixture(scope='module')
def chunks(prepared):
  """The data set's only chunk of every kept video, by path."""
  found = {}
  for split in shards.split_names(prepared[0]):
    for data in shards.load_split(prepared[0], split, check=True):
      chunk = records.parse(data)
      assert chunk.clip_id not in found
      found[chunk.clip_id] = chunk
  return found


def test_every_file_has_one_line(prepared):
  assert set(prepared[1]) == {*KEPT, *bad_files.DROPPED}


@pytest.mark.parametrize('name', bad_files.DROPPED)
def test_what_cannot_be_used_says_why(prepared, name):
  rows, due = prepared[1][name], bad_files.DROPPED[name]
  assert not any(row['kept'] for row in rows)
  row = rows[0]
  assert row['stage'] == due.stage
  assert re.match(due.reason, row['reason']), row['reason']
  assert '\n' not in row['reason'] and len(row['reason']) < 100


@pytest.mark.parametrize('name', KEPT)
def test_what_can_be_used_is_right(prepared, chunks, name):
  [row], due = prepared[1][name], KEPT[name]
  assert row['kept'] and row['stage'] == row['reason'] == ''
  assert (row['width'], row['height']) == due.kind.size
  assert row['frames'] == due.frames
  chunk = chunks[name]
  assert (chunk.start_frame, chunk.num_frames) == (0, due.frames)
  white = records.decode_frames(chunk.frames).min(-1) > 225
  # One frame, and on the forehead.
  [flash], rows, columns = map(np.unique, white.nonzero())
  assert flash == due.flash
  assert 4 < rows.mean() < 20 and 24 < columns.mean() < 40
  sound = chunk.audio[records.AUDIO_CONTEXT : -records.AUDIO_CONTEXT]
  loud = np.flatnonzero(np.abs(sound.astype(float)) > 12_000)
  # 2 ms long; lossy coders smear it.
  assert 0 <= loud[0] - 640 * flash + 24 and loud[-1] - 640 * flash < 64


def test_the_report_shows_every_name_as_text(prepared):
  text = (prepared[0] / page.NAME).read_text(encoding='utf-8')
  assert '<script' not in text and '<i>' not in text
  assert '&lt;script&gt;alert(1)&lt;!--.mp4' in text
  for word in ('größe 顔 🙂.mp4', 'n' * 251, '\\udcff.mp4', 'nowhere.mp4'):
    assert word in text


def test_the_summary_can_be_printed(prepared):
  summary = manifest.summary(sum(prepared[1].values(), []))
  assert f'{len(KEPT)} of ' in summary and summary.encode()


def test_names_are_no_addresses_for_ffmpeg(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  flash_and_click.write('concat:a.mkv', flash_and_click.Kind())
  found = prepare_video.prepare_video('concat:a.mkv', OPTIONS)
  assert found.rows[0]['frames'] == flash_and_click.FRAMES


def prepare_one(path, tmp_path):
  source = sources.Source(path, path.name, 'anna')
  [row] = prepare.prepare(
    [source], tmp_path / 'data', options=OPTIONS, workers=1
  )
  return row['stage'], row['reason']


def test_a_path_that_cannot_be(tmp_path):
  path = tmp_path / f'{"n" * 300}.mp4'
  assert prepare_one(path, tmp_path) == ('read', 'file name too long')


@pytest.mark.skipif(os.geteuid() == 0, reason='root may read everything')
@pytest.mark.parametrize('closed', ['closed', 'closed/one.mp4'])
def test_what_may_not_be_read_says_so(tmp_path, closed):
  path = tmp_path / 'closed' / 'one.mp4'
  path.parent.mkdir()
  path.write_text('secret')
  mode = (tmp_path / closed).stat().st_mode
  (tmp_path / closed).chmod(0)
  stage, reason = prepare_one(path, tmp_path)
  (tmp_path / closed).chmod(mode)
  assert stage == 'read' and 'ermission denied' in reason
