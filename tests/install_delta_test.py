"""Only what is missing is installed, and JAX and NumPy stay as they are."""

import subprocess
import sys

import pytest
from packaging.requirements import Requirement

from tools import install_delta

# A machine such as Colab's: JAX for its accelerator, and much else.
FOUND = {
  'jax': '0.11.0',
  'jaxlib': '0.11.0',
  'jax-cuda13-plugin': '0.11.0',
  'numpy': '2.1.0',
  'flax': '0.12.0',
  'scipy': '1.16.0',
  'opencv-python': '4.12.0.88',
}


@pytest.fixture
def machine(monkeypatch):
  """Runs the script on a machine with these packages; returns pip's words."""

  def run(found, *words):
    calls = []

    def call(command):
      limits = None
      if '--constraint' in command:
        with open(command[command.index('--constraint') + 1]) as file:
          limits = file.read().splitlines()
      calls.append((command, limits))
      return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(install_delta, 'installed', lambda: dict(found))
    monkeypatch.setattr(install_delta.subprocess, 'run', call)
    return install_delta.main(list(words)), calls

  return run


def test_what_is_missing_or_too_old_and_nothing_else(machine, capsys):
  code, [(packages, limits), (project, no_limits)] = machine(FOUND)
  assert code == 0
  asked = {Requirement(word).name for word in packages[7:]}
  assert {'flax', 'grain', 'librosa', 'scenedetect-headless'} <= asked
  kept = {'jax', 'numpy', 'scipy', 'opencv-python-headless'}
  assert not asked & kept
  # Nor may another package bring them along.
  assert {
    'jax==0.11.0',
    'jaxlib==0.11.0',
    'jax-cuda13-plugin==0.11.0',
    'numpy==2.1.0',
    'opencv-python-headless<5,>=4.11',
  } <= set(limits)
  assert not [line for line in limits if line.startswith('jax>')]
  assert project[-3:-1] == ['--no-deps', '--editable'] and no_limits is None
  printed = capsys.readouterr().out
  assert 'Kept: jax 0.11.0, jax-cuda13-plugin 0.11.0' in printed
  assert 'flax<0.13,>=0.12.8: 0.12.0' in printed
  assert 'librosa>=0.11: missing' in printed


def test_nothing_where_all_is_there(machine, capsys):
  project = install_delta.project()
  found = {'lipsync-jax': '0.1.0'}
  for need in install_delta.needs(project):
    [lowest, *_] = [s.version for s in need.specifier if s.operator == '>=']
    found[install_delta.key(need.name)] = lowest
  assert machine(found) == (0, [])
  assert 'No package is missing.' in capsys.readouterr().out


def test_a_dry_run_installs_nothing(machine):
  assert machine(FOUND, '--dry-run') == (0, [])


@pytest.mark.parametrize('name, version', [('jax', '0.9.0'), ('numpy', '1.26')])
def test_a_jax_that_does_not_fit_is_said(machine, capsys, name, version):
  assert machine(FOUND | {name: version}) == (2, [])
  printed = capsys.readouterr().err
  assert f'error: {name} {version} is installed, and {name}' in printed


def test_it_runs_without_this_project(tmp_path):
  """On a bare machine there is no package of ours to import."""
  done = subprocess.run(
    [sys.executable, '-P', install_delta.__file__, '--dry-run'],
    cwd=tmp_path,
    capture_output=True,
    text=True,
  )
  assert done.returncode == 0, done.stderr
  assert 'Kept: jax ' in done.stdout
