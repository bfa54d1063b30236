"""The command: runs and files it writes, and what it refuses."""

import hashlib
import json
import re

import jax
import numpy as np
import pytest

from lipsync_jax import checkpoint, networks, published, weight_files
from tests import narrow
from tools import convert_checkpoint

pytestmark = pytest.mark.usefixtures('quick_compilation')


@pytest.mark.parametrize(
  'kind, about',
  [
    ('generator', {'task': 'wav2lip', 'reference_alignment': True}),
    (
      'expert',
      {'objective': 'cosine_bce', 'image_size': 48},
    ),
    (
      'syncnet',
      {'objective': 'contrastive', 'image_size': 64},
    ),
  ],
)
def test_a_run_holds_the_network_and_gives_it_back(
  tmp_path, capsys, kind, about
):
  given = narrow.state_dict(kind)
  path = narrow.write(tmp_path / 'any.safetensors', given)
  run = tmp_path / 'new' / 'run'
  assert narrow.command(input=path, output=run, licence='mine') == 0
  assert published.NETWORKS[kind].title in capsys.readouterr().out
  assert [p.name for p in run.parent.iterdir()] == ['run']
  assert [p.name for p in run.iterdir()] == ['checkpoints']
  name = published.NETWORKS[kind].name
  _, variables, description = networks.load(str(run), name)
  expected = narrow.variables(kind, **narrow.FIELDS[kind])
  jax.tree.map(np.testing.assert_array_equal, variables, expected)
  assert description.items() >= about.items()
  assert description['step'] == 7  # as its BatchNorms counted
  assert description['data']['licences'] == ['mine']
  assert description['data']['source'] == 'any.safetensors'
  content = path.read_bytes()
  assert description['data']['source_digests'] == {
    'sha256': hashlib.sha256(content).hexdigest(),
    'git_blob': hashlib.sha1(
      f'blob {len(content)}\0'.encode() + content
    ).hexdigest(),
  }
  assert json.dumps(description)
  back = tmp_path / 'back.safetensors'
  assert narrow.command(input=run, to_torch=back) == 0
  narrow.assert_same(weight_files.read(back), given)


@pytest.mark.parametrize('kind', ['inception', 'lpips'])
def test_judges_of_pictures_come_in_and_back(tmp_path, capsys, kind):
  given = narrow.state_dict(kind)
  # LPIPS is published in two files.
  parts = [
    {k: v for k, v in given.items() if k.startswith('lin') == linear}
    for linear in (False, True)
  ]
  files = [
    narrow.write(tmp_path / f'{i}.safetensors', part)
    for i, part in enumerate(parts)
    if part
  ]
  run, back = tmp_path / 'run', tmp_path / 'back.safetensors'
  assert narrow.command(input=files, output=run) == 0
  assert published.NETWORKS[kind].title in capsys.readouterr().out
  source = checkpoint.describe(run)['data']['source']
  assert source == ' and '.join(f.name for f in files)
  assert narrow.command(input=run, to_torch=back) == 0
  narrow.assert_same(weight_files.read(back), given)


def test_files_that_are_no_parts_of_one_network(tmp_path, capsys):
  path = narrow.write(tmp_path / 'a.safetensors', narrow.state_dict('lpips'))
  assert narrow.command(input=[path, path], output=tmp_path / 'run') == 2
  said = capsys.readouterr().err
  assert 'lin0.model.1.weight as well' in said and not said.count('\n') > 1
  with pytest.raises(SystemExit) as stop:
    narrow.command(input=[path, path], to_torch=tmp_path / 'b.safetensors')
  assert stop.value.code == 2
  assert '--to-torch reads one run' in capsys.readouterr().err


def test_of_several_networks_one_is_named(tmp_path, capsys):
  run, back = tmp_path / 'run', tmp_path / 'back.safetensors'
  specs, params, state = {}, {'other': {'w': np.zeros(1)}}, {}
  for kind in ('generator', 'discriminator'):
    module = published.NETWORKS[kind].module
    specs[kind] = {'module': module, **narrow.FIELDS[kind]}
    variables = narrow.variables(kind, **narrow.FIELDS[kind])
    params[kind] = variables.pop('params')
    if variables:
      state[kind] = variables
  specs['other'] = {'module': 'cbam.CBAM'}
  description = {'networks': specs, 'data': {}}
  saver = checkpoint.Checkpointer(run, description, best_metric='l1')
  saver.save(3, {'params': params, 'model_state': state}, {'l1': 1.0})
  saver.close()
  assert narrow.command(input=run, to_torch=back) == 2
  assert 'discriminator, generator, other, so say' in capsys.readouterr().err
  assert narrow.command(input=run, to_torch=back, network='other') == 2
  assert 'never published' in capsys.readouterr().err
  assert not back.exists()
  assert narrow.command(input=run, to_torch=back, network='discriminator') == 0
  # A file that is there is never written over.
  assert narrow.command(input=run, to_torch=back, network='generator') == 2
  assert f'{back} exists' in capsys.readouterr().err
  narrow.assert_same(
    weight_files.read(back), narrow.state_dict('discriminator')
  )


def bad_files(folder):
  good = narrow.write(
    folder / 'good.safetensors', narrow.state_dict('discriminator')
  )
  data = good.read_bytes()
  (folder / 'cut.safetensors').write_bytes(data[: len(data) // 2])
  (folder / 'header.safetensors').write_bytes(data[:100])
  (folder / 'empty.pth').touch()
  (folder / 'photo.pth').write_bytes(b'\xff\xd8\xff\xe0' + bytes(100))
  (folder / 'photo.safetensors').write_bytes(b'\xff\xd8\xff\xe0' + bytes(100))
  (folder / 'folder.pth').mkdir()
  (folder / 'some_run' / 'checkpoints').mkdir(parents=True)
  narrow.write(folder / 'other.safetensors', {'layer1.0.weight': np.zeros(3)})
  narrow.write(folder / 'none.safetensors', {})


@pytest.mark.parametrize(
  'options, said',
  [
    ({'input': 'cut.safetensors'}, 'no whole safetensors'),
    ({'input': 'header.safetensors'}, 'no whole safetensors'),
    ({'input': 'empty.pth'}, 'is empty'),
    ({'input': 'photo.pth'}, 'neither'),
    ({'input': 'photo.safetensors'}, 'neither'),
    ({'input': 'folder.pth'}, 'is a folder'),
    ({'input': 'nothing.pth'}, 'no file'),
    ({'input': 'other.safetensors'}, 'no network we know.*layer1.0.weight'),
    ({'input': 'none.safetensors'}, 'no tensors at all'),
    ({'network': 'generator'}, 'discriminator.*not generator'),
    ({'image_size': 64}, 'pictures of 48 pixels, not 64'),
    ({'image_size': 50}, 'does not halve'),
    ({'output': 'some_run'}, 'holds a run already'),
    ({'output': 'good.safetensors'}, 'is a file'),
  ],
)
def test_a_wrong_file_is_one_line_and_nothing_is_written(
  tmp_path, monkeypatch, capsys, options, said
):
  monkeypatch.chdir(tmp_path)
  bad_files(tmp_path)
  before = sorted(tmp_path.rglob('*'))
  options = {'input': 'good.safetensors', 'output': 'new/run'} | options
  assert narrow.command(**options) == 2
  lines = capsys.readouterr().err.splitlines()
  assert len(lines) == 1 and lines[0].startswith('error: ')
  assert re.search(said, lines[0])
  assert sorted(tmp_path.rglob('*')) == before


def test_a_disk_that_is_full_leaves_nothing(tmp_path, monkeypatch, capsys):
  path = tmp_path / 'a.safetensors'
  narrow.write(path, narrow.state_dict('discriminator'))

  close = checkpoint.Checkpointer.close

  def fail(saver):
    close(saver)
    raise OSError('No space left on device')

  monkeypatch.setattr(checkpoint.Checkpointer, 'close', fail)
  assert narrow.command(input=path, output=tmp_path / 'run') == 2
  assert 'error: No space' in capsys.readouterr().err
  assert list(tmp_path.iterdir()) == [path]


def test_options_of_the_other_way_are_refused(tmp_path, capsys):
  with pytest.raises(SystemExit) as stop:
    narrow.command(input=tmp_path, to_torch='a.pth', image_size=96)
  assert stop.value.code == 2
  assert 'go with --output' in capsys.readouterr().err


def test_a_run_that_is_none_is_said(tmp_path, capsys):
  back = tmp_path / 'back.safetensors'
  assert narrow.command(input=tmp_path, to_torch=back) == 2
  assert 'No checkpoints' in capsys.readouterr().err
  assert not back.exists()


def test_help_shows_an_example(capsys):
  with pytest.raises(SystemExit) as stop:
    convert_checkpoint.main(['--help'])
  assert stop.value.code == 0
  shown = capsys.readouterr().out
  assert '--input wav2lip_gan.pth' in shown and 'non-commercial' in shown


@pytest.mark.parametrize('kind', ['generator', 'expert'])
def test_weights_of_ours_come_back_as_what_they_were(tmp_path, capsys, kind):
  """Not as the published ones, which were trained otherwise."""
  spec = {'module': published.NETWORKS[kind].module, **narrow.FIELDS[kind]}
  variables = narrow.variables(kind, **narrow.FIELDS[kind])
  told = {
    'reference_alignment': False,
    'objective': 'multiway' if kind == 'expert' else None,
    'data': {'licences': ['ours'], 'face_crop': 'v1', 'size': 64},
  }
  saver = checkpoint.Checkpointer(
    tmp_path / 'run', told | {'networks': {kind: spec}}, best_metric='l1'
  )
  params = {kind: variables.pop('params')}
  params['temperature'] = {'log_scale': np.float32(2.5)}
  state = {'params': params, 'model_state': {kind: variables}}
  saver.save(3, state, {'l1': 1.0})
  saver.close()
  file, back = tmp_path / 'a.safetensors', tmp_path / 'back'
  assert narrow.command(input=tmp_path / 'run', to_torch=file) == 0
  assert narrow.command(input=file, output=back) == 0
  assert 'Licence: ours.' in capsys.readouterr().out
  found = checkpoint.describe(back)
  assert not found['reference_alignment']
  assert found['data']['licences'] == ['ours']
  assert found['data']['face_crop'] == 'v1'
  expected = 'multiway' if kind == 'expert' else None
  assert found.get('objective') == expected
  if kind == 'expert':
    scale, _ = checkpoint.load_network(back, 'temperature')
    assert scale['params']['log_scale'] == np.float32(2.5)


def test_weights_that_are_no_numbers_are_refused(tmp_path, capsys):
  given = narrow.state_dict('generator')
  given['output_block.1.bias'][0] = np.nan
  path = narrow.write(tmp_path / 'a.safetensors', given)
  assert narrow.command(input=path, output=tmp_path / 'run') == 2
  said = capsys.readouterr().err
  assert 'NaN or infinite: output_block.1.bias' in said and str(path) in said
  assert not (tmp_path / 'run').exists()
