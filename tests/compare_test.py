"""The comparison trains the same way what can be trained the same way."""

import argparse

import pytest

from lipsync_jax import networks
from tools import compare_systems


@pytest.fixture
def options(tmp_path):
  return argparse.Namespace(
    data=tmp_path / 'data',
    output=tmp_path / 'out',
    image_size=48,
    share=4,
    seed=3,
  )


@pytest.mark.parametrize('objective', compare_systems.OBJECTIVES)
@pytest.mark.parametrize('name', compare_systems.EXPERTS)
def test_experts_differ_in_network_and_loss_alone(name, objective, options):
  config = compare_systems.expert_config(name, objective, options)
  assert config.loss.objective == objective
  assert (config.batch_size, config.data.windows_per_clip) == (6, 16)
  assert config.seed == 3 and config.data.directory == str(options.data)
  # Embeddings of any length take the margin of the paper, unit vectors one.
  any_length = 'syncnet' in name
  assert config.loss.margin == (20.0 if any_length else 1.0)
  assert config.image_size == (64 if any_length else 48)
  published = {'syncnet': 64, 'syncnet_paper': 96}.get(name, 32)
  assert config.networks.expert.width == published // 4
  spec = config.networks.expert.to_dict()
  networks.make(spec | {'image_size': config.image_size})


@pytest.mark.parametrize('name', compare_systems.GENERATORS)
def test_generators_listen_to_the_expert_they_are_named_for(name, options):
  config = compare_systems.generator_config(name, options)
  assert config.batch_size == 6 and config.image_size == 48
  expert = compare_systems.GENERATORS[name][2]
  if expert:
    folder = options.output / f'{expert}-multiway'
    assert config.pretrained.expert == str(folder)
    # Listened to from the first step: the time is short.
    assert config.loss.sync_gate == float('inf')
  else:
    assert not config.pretrained.get('expert')


def test_the_judge_teaches_no_generator():
  from tools import compare_judge

  teachers = {expert for _, _, expert in compare_systems.GENERATORS.values()}
  assert not teachers & set(compare_judge.JUDGES)
