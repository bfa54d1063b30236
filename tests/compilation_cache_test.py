"""The cache of compiled programs, seen from a process of its own."""

import os
import pathlib
import subprocess
import sys

import pytest

from lipsync_jax import compilation_cache

PROGRAM = """
import jax, numpy as np
from lipsync_jax import compilation_cache
print(compilation_cache.enable())
jax.config.update('jax_persistent_cache_min_compile_time_secs', 0.0)
draw = jax.jit(lambda k: jax.random.normal(jax.random.key(k), (100,)))
print(np.asarray(draw(0)).tobytes().hex())
"""


def run(home: pathlib.Path, **variables):
  """What PROGRAM prints, and the files in its cache afterwards."""
  ours = 'JAX_COMPILATION_CACHE_DIR'  # of the session of tests
  environment = {**os.environ, ours: '', 'HOME': f'{home}', **variables}
  environment = {k: v for k, v in environment.items() if v}
  done = subprocess.run(
    [sys.executable, '-W', 'error', '-c', PROGRAM],
    env=environment,
    capture_output=True,
    text=True,
    check=True,
  )
  assert done.stderr == ''
  folder = home / '.cache' / 'lipsync_jax' / 'xla'
  return done.stdout.split(), sorted(p.name for p in folder.glob('*-cache'))


def intel():
  return compilation_cache._is_intel()


@pytest.mark.skipif(intel(), reason='off on Intel CPUs, see enable()')
def test_the_second_start_finds_the_first_ones_programs(tmp_path):
  on = {'JAX_ENABLE_COMPILATION_CACHE': '', 'JAX_PLATFORMS': 'cpu'}
  first, files = run(tmp_path, **on)
  assert first[0] == 'True' and any('lambda' in name for name in files)
  second, files_then = run(tmp_path, **on)
  assert second == first and files_then == files


def test_jax_variables_turn_it_off_and_move_it(tmp_path):
  off = {'JAX_ENABLE_COMPILATION_CACHE': 'false', 'JAX_PLATFORMS': 'cpu'}
  assert run(tmp_path, **off)[0][0] == 'False'
  moved = off | {
    'JAX_ENABLE_COMPILATION_CACHE': '',
    'JAX_COMPILATION_CACHE_DIR': f'{tmp_path / "elsewhere"}',
  }
  assert run(tmp_path, **moved)[0][0] == 'True'
  assert not (tmp_path / '.cache').exists()
  assert list((tmp_path / 'elsewhere').iterdir())


def test_a_home_that_cannot_be_written_is_no_error(tmp_path):
  (tmp_path / '.cache').write_text('a file where a folder should be')
  on = {'JAX_ENABLE_COMPILATION_CACHE': '', 'JAX_PLATFORMS': 'cpu'}
  assert run(tmp_path, **on)[0][0] == 'False'


def test_intel_processors_are_told_apart(tmp_path, monkeypatch):
  for text, expected in (('vendor_id : GenuineIntel', True), ('AMD', False)):
    info = tmp_path / 'cpuinfo'
    info.write_text(text)
    monkeypatch.setattr(compilation_cache, '_CPU_INFO', info)
    assert intel() == expected
