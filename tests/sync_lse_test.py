"""tools.sync lse and measure --compat: what they print, write and refuse."""

import csv
import json
import shutil

import numpy as np
import pytest
import small_networks

from lipsync_jax import conversion, published
from lipsync_jax.judging import lse, run_pipeline
from tools import sync as command
from tools import sync_expert, video_paths

SPEC = {
  'module': 'syncnet.SyncNet',
  'width': 8,
  'embedding': 6,
  'image_size': 64,
}


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  """A small SyncNet that says it is the published one."""
  folder = tmp_path_factory.mktemp('syncnet') / 'run'
  found = published.Found('syncnet', SPEC, ())
  converted = conversion.Converted(found, small_networks.variables_of(SPEC), 7)
  digests = {'git_blob': 'd714bbf3b30324ced69e3815fc41ae6dc519303c'}
  conversion.save(folder, converted, digests=digests)
  return str(folder)


@pytest.fixture
def folder(footage_folder, tmp_path):
  """Two videos that can be measured and one that cannot."""
  folder = tmp_path / 'videos'
  folder.mkdir()
  for name in ('anna', 'ben'):
    source = footage_folder / name / 'one.mp4'
    shutil.copy(source, folder / f'{name}.mp4')
  shutil.copy(footage_folder / 'bad' / 'no_sound.mp4', folder / 'mute.mp4')
  return folder


def main(*words):
  return command.main([str(word) for word in words])


def test_a_folder_in_lrs_mode(run, folder, tmp_path, capsys):
  files = {k: tmp_path / f'lse.{k}' for k in ('json', 'csv')}
  words = ['--json', files['json'], '--csv', files['csv'], folder]
  # One cannot be measured, the others are.
  assert main('lse', '--expert', run, '--mode', 'lrs', *words) == 2
  said = capsys.readouterr()
  assert said.err == f'skipped: {folder}/mute.mp4: holds no sound.\n'
  assert 'so the numbers are called LSE-D and LSE-C' in said.out
  content = json.loads(files['json'].read_text())
  assert content['expert']['published_syncnet_v2'] is True
  assert (content['mode'], content['jpeg'], content['vshift']) == (
    'lrs',
    True,
    15,
  )
  names = [row['video'] for row in content['rows']]
  assert names == [f'{folder}/anna.mp4', f'{folder}/ben.mp4']
  judge = lse.load(run)
  for row in content['rows']:
    found = lse.read_video(judge, row['video']).reading
    assert row['LSE-D'] == pytest.approx(found.distance, rel=1e-6)
    assert row['LSE-C'] == pytest.approx(found.confidence, abs=1e-6)
    assert row['distance_at_0'] == row['mean_distances'][15]
    assert len(row['confidence_per_frame']) == row['windows']
    assert f'{row["video"]}: LSE-D {row["LSE-D"]:.3f}, LSE-C' in said.out
  means = content['means']
  assert means['count'] == 2
  for name in ('LSE-D', 'LSE-C', 'distance_at_0', 'offset'):
    assert means[name] == pytest.approx(
      np.mean([row[name] for row in content['rows']])
    )
  assert f'Mean of 2 videos: LSE-D {means["LSE-D"]:.3f}' in said.out
  assert '1 skipped.' in said.out
  with files['csv'].open() as file:
    rows = list(csv.DictReader(file))
  assert [row['reason'] for row in rows] == ['', '', 'holds no sound.']
  assert float(rows[0]['LSE-D']) == content['rows'][0]['LSE-D']
  assert {p.name for p in tmp_path.iterdir()} == {
    'videos',
    'lse.json',
    'lse.csv',
  }


def test_other_weights_have_other_names(tiny_expert, folder, capsys):
  words = ('lse', '--expert', tiny_expert, '--mode', 'lrs', '--vshift', 10)
  assert main(*words, folder / 'anna.mp4') == 0
  printed = capsys.readouterr().out
  assert 'LSE-D and LSE-C are the published' in printed
  assert 'this expert is another network' in printed
  assert 'have length one' in printed
  assert f'{folder}/anna.mp4: distance ' in printed
  assert 'Mean of 1 video: distance ' in printed


def test_tracks_in_real_mode(run, folder, tmp_path, capsys):
  target = tmp_path / 'lse.json'
  words = ['lse', '--expert', run, '--mode', 'real', '--detector', 'cascade']
  anna = folder / 'anna.mp4'
  # Of 40 frames none is a track by the rules of the original.
  assert main(*words, anna) == 2
  assert 'no face track: 40 frames' in capsys.readouterr().err
  words += ['--min-track', 30, '--min-face', 20, '--json', target]
  assert main(*words, anna) == 0
  printed = capsys.readouterr().out
  assert 'boxes are those of cascade, not of the S3FD' in printed
  [row] = json.loads(target.read_text())['rows']
  assert (row['track'], row['first'], row['last']) == (0, 0, 39)
  assert f'{anna} track 0, frames 0-39: LSE-D ' in printed
  assert 'Mean of 1 track: ' in printed


def test_compat_prints_what_syncnet_python_prints(
  run, folder, tmp_path, capsys
):
  target = tmp_path / 'sync.json'
  anna, mute = folder / 'anna.mp4', folder / 'mute.mp4'
  words = ['measure', '--compat', '--expert', run, '--json', target]
  assert main(*words, '--crop', 'whole', anna, mute) == 2
  said = capsys.readouterr()
  assert said.err == f'error: {mute}: holds no sound.\n'
  content = json.loads(target.read_text())
  good, bad = content['videos']
  assert bad == {'video': str(mute), 'error': 'holds no sound.'}
  [row] = good['tracks']
  found = lse.read_video(lse.load(run), anna).reading
  assert row['offset'] == found.offset
  assert row['min_distance'] == pytest.approx(found.distance, rel=1e-6)
  np.testing.assert_allclose(
    row['confidence_per_frame'], found.per_frame, atol=1e-5
  )
  assert (
    f'{anna}:\n  AV offset: {found.offset}  Min dist: {found.distance:.3f}  '
    f'Confidence: {found.confidence:.3f}\n'
  ) in said.out
  # The rules of tracks, as in the other command.
  words += ['--detector', 'cascade', '--min-track', 30, '--min-face', 20]
  assert main(*words, anna) == 0
  assert '  frames 0 to 39: AV offset: ' in capsys.readouterr().out


def test_bad_input_is_one_line(run, folder, tmp_path, capsys):
  lrs = ('lse', '--expert', run, '--mode', 'lrs')
  empty = tmp_path / 'empty'
  empty.mkdir()
  for words, said in [
    ((*lrs, '--vshift', 0, folder), '--vshift 0'),
    ((*lrs, '--json', tmp_path / 'no' / 'a.json', folder), '--json: there is'),
    ((*lrs, '--csv', tmp_path / 'no' / 'a.csv', folder), '--csv: there is no'),
    ((*lrs, empty), 'there is no .mp4'),
    (('lse', '--expert', tmp_path, '--mode', 'lrs', folder), 'No checkpoints'),
    (
      ('measure', '--compat', '--expert', run, '--min-track', 0, 'a.mp4'),
      '--min-track 0',
    ),
    (
      ('measure', '--compat', '--expert', run, '--min-confidence', 1, 'a.mp4'),
      '--min-confidence does not go',
    ),
    (
      ('measure', '--compat', '--expert', run, '--plot', 'a.png', 'a.mp4'),
      '--plot does not go',
    ),
    (
      ('measure', '--expert', run, '--crop', 'whole', 'a.mp4'),
      '--crop goes with --compat',
    ),
    (('measure', '--expert', run, '--vshift', 10, 'a.mp4'), '--vshift goes'),
    ((*lrs, '--csv', empty, folder), 'empty is a folder'),
  ]:
    assert main(*words) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith('error: ') and said in line
  assert main(*lrs, 'nothing.mp4') == 2
  said = capsys.readouterr()
  assert said.err == 'skipped: nothing.mp4: no such file.\n'
  assert 'Nothing was measured; 1 skipped.' in said.out


def test_help_shows_an_example(capsys):
  with pytest.raises(SystemExit) as stop:
    main('lse', '--help')
  assert stop.value.code == 0
  assert '--mode lrs --csv lse.csv' in capsys.readouterr().out


def test_paths_are_videos_folders_and_lists(tmp_path):
  for name in ('b.mp4', 'a.mp4', 'c.mov', 'sub/d.mp4'):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
  lists = tmp_path / 'list.txt'
  lists.write_text(f'# dubbed\nsub/d.mp4\n\n{tmp_path}/b.mp4\n')
  found = video_paths.find([str(tmp_path), str(lists), str(tmp_path / 'c.mov')])
  names = ['a.mp4', 'b.mp4', 'sub/d.mp4', 'c.mov']
  assert found == [tmp_path / name for name in names]
  lists.write_text('sub/d.mp4\ne.mp4\n')
  with pytest.raises(FileNotFoundError, match='line 2: there is no file'):
    video_paths.find([str(lists)])
  lists.write_text('# nothing\n')
  with pytest.raises(ValueError, match='no paths in this list'):
    video_paths.find([str(lists)])


def test_a_track_that_cannot_be_read_is_told_by_the_exit_code(
  run, folder, monkeypatch, capsys
):
  tracks = [run_pipeline.Track(0, 120, None, 'too short')]
  monkeypatch.setattr(run_pipeline, 'read_video', lambda *_, **__: tracks)
  words = ['measure', '--compat', '--expert', run, '--detector', 'cascade']
  assert main(*words, folder / 'anna.mp4') == 2
  assert '  frames 0 to 120: too short' in capsys.readouterr().out


def test_names_that_are_no_text_are_kept_in_csv(tmp_path):
  path = tmp_path / 'lse.csv'
  sync_expert.write_csv(str(path), [{'video': 'a\udcff.mp4'}])
  assert path.read_bytes() == b'video\na\xff.mp4\n'
