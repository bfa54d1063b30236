"""Other runtimes draw what the network draws, and say how far they are."""

import importlib
import subprocess
import sys

import numpy as np
import pytest

from lipsync_jax import networks
from lipsync_jax.inference import backends, generator
from tests.small_networks import GENERATOR, variables_of, write_run

pytestmark = pytest.mark.usefixtures('quick_compilation')

DESCRIPTION = {'image_size': 48, 'reference_alignment': False}
RUNTIMES = [
  ('onnxruntime', 'float32', 1, 0.1),
  ('openvino', 'float32', 1, 0.1),
  # 8 bits; single pixels of a network that is untrained are far off.
  ('openvino', 'bfloat16', 60, 1.5),
]


def need(*packages):
  for package in packages:
    if importlib.util.find_spec(package) is None:
      pytest.skip(f'{package} is not installed: its backend goes UNTESTED')


def make(**options):
  network = networks.make(GENERATOR)
  variables = variables_of(GENERATOR)
  return generator.Generator(network, variables, DESCRIPTION, **options)


def draw(made, count=3):
  rng = np.random.default_rng(0)
  faces, reference = rng.integers(0, 256, (2, count, 48, 48, 3), np.uint8)
  sound = rng.uniform(-4, 4, (count, 80, 16, 1)).astype(np.float32)
  return made(sound, faces, reference)


@pytest.mark.parametrize(('backend', 'precision', 'most', 'mean'), RUNTIMES)
def test_runtimes_draw_what_the_network_draws(backend, precision, most, mean):
  need('onnx', backend)
  try:
    made = make(backend=backend, precision=precision)
  except ValueError as error:
    if 'This CPU does not compute' not in str(error):
      raise
    pytest.skip('No bfloat16 in this CPU: it goes UNTESTED')
  network = make()
  wanted = draw(network).astype(int)
  assert wanted.std() > 10
  for count in (3, 1):
    drawn = draw(made, count)
    assert drawn.dtype == np.uint8 and drawn.shape == (count, 48, 48, 3)
  apart = np.abs(draw(made) - wanted)
  assert apart.max() <= most and apart.mean() < mean
  assert f'{backend}, {precision}: largest difference' in made.parity
  # What was dubbed by one is not gone on with by the other.
  assert made.fingerprint != network.fingerprint and backend in made.device


def test_openvino_reports_to_nobody():
  """Its telemetry forks, and asks for an address, when it is imported."""
  need('openvino')
  code = """
import sys, time
seen = []
sys.addaudithook(lambda event, _: seen.append(event))
from lipsync_jax.exporting import openvino_model
openvino_model._openvino().Core()
time.sleep(2)
print([e for e in seen if e.startswith(('os.fork', 'socket'))])
"""
  found = subprocess.run(
    [sys.executable, '-c', code], capture_output=True, text=True, check=True
  )
  assert found.stdout == '[]\n', found


def test_xla_computes_in_bfloat16_when_asked():
  apart = np.abs(draw(make(precision='bfloat16')).astype(int) - draw(make()))
  assert 0 < apart.mean() < 2


@pytest.mark.parametrize(
  ('options', 'said'),
  [
    ({'backend': 'tensorrt'}, "'tensorrt' is no backend.*openvino"),
    ({'precision': 'int8'}, "'int8' is no backend or precision"),
    ({'backend': 'onnxruntime', 'precision': 'bfloat16'}, 'needs .* openvino'),
  ],
)
def test_what_there_is_not_is_said(options, said):
  with pytest.raises(ValueError, match=said):
    make(**options)


def test_a_missing_package_is_named_with_what_to_install(tmp_path, monkeypatch):
  run = write_run(tmp_path / 'run', 'generator', GENERATOR)

  def missing(*arguments):
    raise ModuleNotFoundError("No module named 'openvino'", name='openvino')

  monkeypatch.setattr(backends, '_written', missing)
  with pytest.raises(ValueError, match=r"openvino.*install -e '.\[fast\]'"):
    generator.load(run, backend='openvino')


def test_a_backend_that_draws_something_else_is_refused(monkeypatch):
  def wrong(program, backend, precision):
    def run(arrays):
      return {'generated': 255 - arrays['faces']}

    return run

  monkeypatch.setattr(backends, '_written', wrong)
  with pytest.raises(ValueError, match='not rounding'):
    make(backend='openvino', precision='bfloat16')
