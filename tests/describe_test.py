"""Sizes and costs of networks, against what is published and counted here."""

import functools
import importlib
import math

import jax
import pytest

from configs import wav2lip as config
from lipsync_jax import describe, networks
from tools import describe as command

# ml_collections loads config files in a way that Python 3.12 deprecates.
pytestmark = pytest.mark.filterwarnings(
  'ignore:the load_module:DeprecationWarning'
)

# GFLOP and parameters of one forward pass at 96 pixels, products with the
# zeros of padding included, as PyTorch's counters have them.
PUBLISHED = {
  'generator': ('wav2lip.Generator', 7.93, 36_298_035),
  'expert': ('expert.Expert', 2.42, 16_435_072),
  'discriminator': ('discriminator.Discriminator', 2.51, 14_113_793),
}


def count(network, *, padding):
  """GFLOP of a network's convolutions, padding's zeros counted or not."""
  inputs, options = networks.example(network)
  init = functools.partial(network.init, **options)
  variables = jax.eval_shape(init, jax.random.key(0), *inputs)
  apply = functools.partial(network.apply, **options)
  program = jax.make_jaxpr(apply)(variables, *inputs)
  return 2e-9 * sum(products(e, padding) for e in convolutions(program.jaxpr))


def convolutions(jaxpr):
  for equation in jaxpr.eqns:
    if equation.primitive.name == 'conv_general_dilated':
      yield equation
    for value in equation.params.values():
      inner = getattr(value, 'jaxpr', value)
      if hasattr(inner, 'eqns'):
        yield from convolutions(inner)


def products(equation, padding):
  """Multiplications of a convolution, by trying every place."""
  x, kernel = (v.aval.shape for v in equation.invars)
  y, how = equation.outvars[0].aval.shape, equation.params
  total = x[0] * kernel[2] * kernel[3]
  for axis in (0, 1):
    size, reach, made = x[axis + 1], kernel[axis], y[axis + 1]
    stride, holes = how['window_strides'][axis], how['lhs_dilation'][axis]
    low, _ = how['padding'][axis]
    if padding:  # a transposed convolution multiplies each input by all
      transposed = holes > 1 or low == reach - 1 > 0
      total *= reach * (size if transposed else made)
    else:
      places = [stride * i + j - low for i in range(made) for j in range(reach)]
      last = holes * (size - 1)
      total *= sum(0 <= p <= last and p % holes == 0 for p in places)
  return total


@pytest.mark.parametrize('name', PUBLISHED)
def test_cost_is_the_published_less_the_padding(name):
  module, published, parameters = PUBLISHED[name]
  spec = {'module': module}
  found = describe.describe(name, {name: spec})
  assert found.parameters == parameters
  network = networks.make(spec)
  # The same convolutions: to the last digit that is published.
  assert count(network, padding=True) == pytest.approx(published, abs=0.006)
  # XLA counts those, without padding, and 1 % for all the rest.
  convolved = count(network, padding=False)
  assert convolved < found.flops / 1e9 < 1.01 * convolved
  # So the figure is within 11 % of the published one, below it.
  assert 0.89 * published < found.flops / 1e9 < published


def test_nothing_hides_behind_the_gradients_for_cpu(monkeypatch):
  spec = {'module': 'wav2lip.Generator', 'width': 4}
  here = describe.describe('generator', {'generator': spec}).flops
  monkeypatch.setattr(jax, 'default_backend', lambda: 'tpu')
  assert describe.describe('generator', {'generator': spec}).flops == here


@pytest.mark.parametrize('size', [192, 256, 288, 384])
def test_larger_pictures_cost_more_and_keep_the_output(size):
  for name, (module, _, _) in PUBLISHED.items():
    spec = {'module': module, 'width': 4}
    small = describe.describe(name, {name: spec | {'image_size': 96}})
    large = describe.describe(name, {name: spec | {'image_size': size}})
    # Stages are added for the added pixels; sound costs what it did.
    assert large.parameters > small.parameters
    ratio = large.flops / small.flops
    assert 0.8 * (size / 96) ** 2 < ratio < 1.2 * (size / 96) ** 2
    assert large.image_size == size
    expected = small.outputs
    if name == 'generator':
      expected = ((size, size, 3),)
    assert large.outputs == expected


@pytest.mark.parametrize(
  ('file', 'name', 'flops'),
  [('wav2lip', 'generator', 0.49e9), ('expert', 'expert', 0.18e9)],
)
def test_lite_costs_a_tenth_or_less(file, name, flops):
  module = importlib.import_module(f'configs.{file}')
  full, lite = (
    describe.describe(name, module.get_config(variant).networks.to_dict())
    for variant in ('', 'lite')
  )
  assert lite.width == full.width // 4 and lite.outputs == full.outputs
  assert lite.flops == pytest.approx(flops, rel=0.05)
  assert lite.flops < full.flops / 10


def test_every_kind_of_network_is_known():
  found = {
    module: describe.describe('x', {'x': {'module': module, 'width': 4}})
    for module in ('syncnet.SyncNet', 'syncnet_paper.SyncNet', 's3fd.S3FD')
  }
  assert [d.hears for d in found.values()] == ['mfcc', 'mfcc', None]
  assert [d.image_size for d in found.values()] == [224, 224, None]
  assert found['syncnet.SyncNet'].outputs == ((1024,), (1024,))
  printed = describe.table(list(found.values()))
  assert 'any; here 640 x 360' in printed and '(12 in all)' in printed


def test_command_prints_a_row_for_every_network(capsys):
  words = ['--config=configs/wav2lip.py:gan', '--config.image_size=48']
  assert command.main([*words, '--config.networks.generator.width=4']) == 0
  head, rule, *rows = capsys.readouterr().out.splitlines()
  assert {head.count('|'), rule.count('|')} == {10}
  cells = {row.split(' | ')[0]: row.split(' | ') for row in rows}
  assert cells.keys() == {f'| {n}' for n in config.get_config('gan').networks}
  _, module, size, width, *_, output, hears = cells['| generator']
  assert (module, size, width) == ('wav2lip.Generator', '48', '4')
  assert (output, hears) == ('48 x 48 x 3', 'mel |')


def test_command_describes_a_run(tiny_expert, capsys):
  assert command.main(['--checkpoint', str(tiny_expert)]) == 0
  printed = capsys.readouterr().out
  facts = dict(
    line.split(maxsplit=1) for line in printed.splitlines() if line[:2] == '  '
  )
  assert facts['task'] == 'expert' and facts['step'] == '2'
  assert facts['licences'] == 'none' and facts['objective'] == 'multiway'
  name, value = facts['best'].rsplit(': ')
  assert name == 'metric  offset_accuracy_5 (greatest)'
  assert 0 <= float(value) <= 1 and math.isfinite(float(value))
  assert '| expert | expert.Expert | 48 | 2 |' in printed


@pytest.mark.parametrize(
  ('words', 'said'),
  [
    (['--config=configs/wav2lip.py:none'], 'configs/wav2lip.py has'),
    (['--config=configs/none.py'], 'no config file configs/none.py'),
    (['--config=README.md'], 'README.md is no Python'),
    (['--config=configs/expert.py', '--config.seeds=1'], 'mean seed'),
    (['--config=configs/expert.py', '--config.seed.x=1'], 'no field for'),
    (['--config=configs/expert.py', '--config.seed=x'], 'invalid literal'),
    (['--config=configs/common.py:x'], 'no variants, so none called'),
    (['--config=configs/expert.py', 'more'], 'Unknown arguments: more'),
    (['--config=configs/expert.py', '--config.image_size=100'], 'halve'),
    (
      ['--config=configs/wav2lip.py', '--config.pretrained.expert=.'],
      'No checkpoints',
    ),
    (['--checkpoint=.'], 'No checkpoints'),
  ],
)
def test_bad_input_is_one_line_and_exit_code_2(words, said, capsys):
  assert command.main(words) == 2
  [line] = capsys.readouterr().err.splitlines()
  assert line.startswith('error: ') and said in line


def test_a_reader_is_as_wide_as_what_it_reads():
  reader = {'module': 'lip_reader.Reader', 'num_classes': [4], 'hidden': 8}
  experts = [{'module': f'syncnet{kind}.SyncNet'} for kind in ('', '_paper')]
  wide, narrow = (
    describe.describe('reader', {'reader': reader, 'expert': expert})
    for expert in experts
  )
  # 1024 and 256 numbers into four gates of two directions.
  assert wide.parameters - narrow.parameters >= (1024 - 256) * 4 * 8
