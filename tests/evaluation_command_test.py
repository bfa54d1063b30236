"""The benchmark from its command: measured once, written the same twice."""

import csv
import json
import shutil

import jax
import pytest
import report_page
import tiny_runs

from input_pipeline.preparation import candidates
from lipsync_jax import train
from lipsync_jax.evaluation import outputs
from tools import evaluate as command

PROTOCOL = """
name = 'two people'
about = 'Two drawn people.'
[pairs]
videos = ['anna/one', 'ben/one']
own = true
list = 'pairs.txt'
[measure]
size = 64
"""
FILES = (
  'results.json',
  'summary.csv',
  'clips.csv',
  'report.md',
  'report.html',
)


@pytest.fixture(scope='module')
def generator(talkers, tmp_path_factory, quick_compilation):
  """A run folder of a generator that has learnt nothing."""
  workdir = tmp_path_factory.mktemp('generator')
  config = tiny_runs.tiny('speech2vid', talkers)
  train.train_and_evaluate(config, str(workdir))
  return workdir


@pytest.fixture
def protocol(tmp_path):
  (tmp_path / 'pairs.txt').write_text('ben/one anna/one\n')
  path = tmp_path / 'protocol.toml'
  path.write_text(PROTOCOL)
  return path


@pytest.fixture
def run(protocol, generator, tiny_expert, footage_folder, tmp_path):
  def run(*more, output='out', data=footage_folder):
    words = ['--protocol', protocol, '--data', data, '--detector', 'cascade']
    words += ['--system', f'tiny={generator}', '--expert', tiny_expert]
    words += ['--output', tmp_path / output, *more]
    return command.main([str(word) for word in words])

  return run


def test_it_measures_everything_once_and_writes_the_same_again(
  run, tmp_path, capsys, monkeypatch
):
  assert run() == 0
  said = capsys.readouterr().out
  assert '3 pairs, 10 clips to measure, 0 done before' in said
  assert 'No Inception weights: FID was not measured' in said
  assert 'video-seconds a second' in said
  first = {name: (tmp_path / 'out' / name).read_bytes() for name in FILES}
  results = json.loads(first['results.json'])
  rows = {(row['row'], row['kind']): row for row in results['rows']}
  assert set(rows) == {
    ('ground truth', 'own'),
    ('ground truth', 'other'),
    ('unmodified', 'own'),
    ('unmodified', 'other'),
    ('tiny', 'own'),
    ('tiny', 'other'),
    ('tiny', 'silence'),
  }
  untouched = rows['unmodified', 'own']['means']
  assert untouched['psnr'] > 38 and untouched['ssim'] > 0.95
  assert untouched['sharpness'] == pytest.approx(1, abs=0.1)
  assert rows['unmodified', 'other']['means']['leakage'] > 0.98
  drawn = rows['tiny', 'own']['means']
  assert drawn['success'] == 1 and drawn['psnr'] < untouched['psnr'] - 5
  assert 'psnr' not in rows['tiny', 'other']['means']
  assert 'fid' not in untouched and 'distance' not in untouched
  assert set(results['identity']['files']) == {'anna/one', 'ben/one'}
  assert (
    len(list(csv.DictReader(first['clips.csv'].decode().split('\n')))) == 10
  )
  page = report_page.Page(first['report.html'].decode())
  assert len(page.tables['sortable clips']) == 11
  assert 'http' not in first['report.html'].decode().replace('http-equiv', '')
  assert '| tiny | 2 |' in first['report.md'].decode()

  monkeypatch.setattr(outputs, 'dubbed', None)  # would fail if it were called
  assert run() == 0
  said = capsys.readouterr().out
  assert '10 done before' in said and 'video-seconds' not in said
  again = {name: (tmp_path / 'out' / name).read_bytes() for name in FILES}
  assert again == first


@pytest.fixture
def whole_compilation(generator):
  """As new processes have it: `quick_compilation` rounds otherwise."""
  jax.config.update('jax_disable_most_optimizations', False)
  jax.clear_caches()
  yield
  jax.config.update('jax_disable_most_optimizations', True)


@pytest.mark.usefixtures('whole_compilation')
def test_processes_change_nothing_and_a_bad_pair_stops_nobody(
  run, protocol, footage_folder, tmp_path, capsys
):
  folder = tmp_path / 'footage'
  folder.mkdir()
  for name in ('anna', 'ben'):
    shutil.copytree(footage_folder / name, folder / name)
  shutil.copy(footage_folder / 'bad' / 'no_face.mp4', folder)
  (folder / 'broken.mp4').write_bytes(b'no video at all')
  protocol.write_text(
    PROTOCOL.replace("['anna/one',", "['broken', 'no_face', 'anna/one',")
  )
  assert run(data=folder, output='one') == 1
  assert run('--workers', 2, data=folder, output='two') == 1
  for name in FILES:
    one, two = (tmp_path / x / name for x in ('one', 'two'))
    assert one.read_bytes() == two.read_bytes(), name
  found = json.loads((tmp_path / 'one' / 'results.json').read_text())
  failed = [clip for clip in found['clips'] if 'error' in clip]
  assert {clip['video'] for clip in failed} == {'broken', 'no_face'}
  assert 'broken.mp4' in failed[0]['error']
  assert 'no face for 0.6 s on end' in failed[-1]['error']
  assert '| tiny | 2 (2 failed) |' in capsys.readouterr().out


def test_a_stopped_run_goes_on(run, tmp_path, monkeypatch, capsys):
  dub, done = outputs.dubbed, []

  def stops(*arguments, **options):
    if len(done) == 2:
      raise KeyboardInterrupt
    done.append(arguments)
    return dub(*arguments, **options)

  monkeypatch.setattr(outputs, 'dubbed', stops)
  assert run() == 130
  assert 'goes on' in capsys.readouterr().err
  with candidates.locked(tmp_path / 'out'):  # by another run
    assert run() == 2
  assert 'Another benchmark is at work' in capsys.readouterr().err
  assert not (tmp_path / 'out' / 'results.json').exists()
  monkeypatch.setattr(outputs, 'dubbed', dub)
  assert run() == 0
  assert '10 clips to measure, 3 done before' in capsys.readouterr().out
  assert run(output='whole') == 0
  for name in FILES:
    broken, whole = (tmp_path / x / name for x in ('out', 'whole'))
    assert broken.read_bytes() == whole.read_bytes(), name


def test_bad_input_is_one_line(run, protocol, tmp_path, capsys, footage_folder):
  for words, said in [
    (['--protocol', tmp_path / 'no.toml'], 'no.toml'),
    (['--data', tmp_path / 'no'], 'no such folder'),
    (['--system', 'a/b=c'], 'write it as NAME=RUN'),
    (['--system', f'tiny={tmp_path}'], "'tiny' is taken"),
    (['--inception', tmp_path], 'No FID without its published weights'),
    (['--limit', 0], 'choose at least 1'),
    (['--detector', 'yunet', '--yunet', 'no.onnx'], 'no.onnx'),
    (['--workers', 0], '--workers'),
  ]:
    assert run(*words) == 2, words
    *_, line = capsys.readouterr().err.splitlines()
    assert line.startswith('error: ') and said in line
  protocol.write_text(PROTOCOL + "[files]\n'anna/one' = 'ab'\n")
  assert run() == 2
  assert 'not the file of the protocol' in capsys.readouterr().err
  assert not (tmp_path / 'out').exists()


def test_help_shows_an_example(capsys):
  with pytest.raises(SystemExit) as stop:
    command.main(['--help'])
  assert stop.value.code == 0
  assert (
    '--protocol configs/protocols/clips_val.toml' in capsys.readouterr().out
  )
