"""tools.benchmark scaling: what it counts, and how it takes turns."""

import contextlib

import jax
import jax.numpy as jnp
import pytest

from tools import (
  benchmark,
  benchmark_scaling,
  benchmark_scaling_worker,
  collectives,
)


def test_collectives_are_read_from_a_program():
  mesh = jax.make_mesh(
    (4,), ('data',), axis_types=(jax.sharding.AxisType.Auto,)
  )

  def talk(x):
    total = jax.lax.psum((x.sum(0), x[:1].sum()), 'data')
    return total, jax.lax.all_gather(x, 'data', tiled=True)

  program = jax.jit(
    jax.shard_map(
      talk,
      mesh=mesh,
      in_specs=jax.P('data'),
      out_specs=jax.P(),
      check_vma=False,
    )
  )
  text = program.lower(jnp.zeros((8, 3))).compile().as_text()
  found = collectives.moved(text)
  assert sorted(found['all-reduce']) == [(), (3,)]
  assert found['all-gather'] == [(8, 3)]
  assert set(found) == {'all-reduce', 'all-gather'}
  assert 2 <= collectives.count(text) <= 3


def test_the_first_number_of_devices_is_one(capsys):
  with pytest.raises(SystemExit) as found:
    benchmark.main(['scaling', '--devices', '2', '4'])
  assert 'error: --devices begins with 1' in str(found.value)


class Worker:
  """As a process on two cores: one device fills one of them."""

  def __init__(self, job):
    self._seconds = float(job.devices) / min(job.devices, 2)
    self._asked = False

  def send(self, asked):
    self._asked = asked

  def recv(self):
    if self._asked:
      return self._seconds
    return benchmark_scaling_worker.Program(2.0, 0.5, 0.0, 7)


def test_the_table_says_what_sharing_the_cores_costs(monkeypatch):
  monkeypatch.setattr(
    benchmark_scaling,
    '_worker',
    lambda job: contextlib.nullcontext(Worker(job)),
  )
  options = benchmark.parse(['scaling', '--repeats', '2'])
  text = benchmark_scaling.run(options)
  rows = [
    [cell.strip() for cell in line.split('|')[1:-1]]
    for line in text.splitlines()
    if line.startswith(('| expert', '| wav2lip'))
  ]
  assert [row[:3] for row in rows[:3]] == [
    ['expert', '1', '4'],
    ['expert', '2', '8'],
    ['expert', '4', '16'],
  ]
  assert [row[4].split()[0] for row in rows[3:]] == ['1.00', '1.00', '0.500']
  assert [row[5].split()[0] for row in rows[3:]] == ['1.00', '2.00', '2.00']
  assert rows[0][6:] == ['2.00', '0.500', '0', '7']
  assert 'virtual devices share' in text
