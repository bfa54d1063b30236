"""The comparison trains the same way what can be trained the same way."""

import argparse
import pathlib

import pytest

from lipsync_jax import metric_writer, networks, train
from lipsync_jax.judging import measure
from tools import compare, compare_judge, compare_systems


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
  teachers = {expert for _, _, expert in compare_systems.GENERATORS.values()}
  assert not teachers & set(compare_judge.JUDGES)


def test_a_comparison_from_its_plan_to_its_tables(
  monkeypatch, talkers, tmp_path, capsys
):
  output = tmp_path / 'out'
  asked = {}

  def pretend(config, workdir):
    """Half a second a step; two experts do not live to the end."""
    name = pathlib.Path(workdir).relative_to(output).as_posix()
    asked[name] = config.num_steps
    if name in ('syncnet-contrastive', 'lstm_cbam-multiway/trial'):
      raise FloatingPointError('The loss is not finite.')
    writer = metric_writer.MetricWriter(workdir)
    for step in (2, 4, 6):
      writer.write(step, {'time/seconds_per_step': 0.5})
    accuracy = 0.9 if name == 'syncnet_paper-cosine_bce' else 0.5
    found = {f'val/offset_accuracy_{n}': accuracy for n in (5, 9, 15, 'clip')}
    writer.write(config.num_steps, found)
    writer.close()

  judged = []

  def row(data, size, judge, folder=None):
    judged.append((judge, folder and folder.name))
    return {'PSNR of the mouth, dB': '20.0'}

  monkeypatch.setattr(train, 'train_and_evaluate', pretend)
  monkeypatch.setattr(measure, 'load', lambda folder, distances: folder.name)
  monkeypatch.setattr(compare_judge, 'generator_row', row)
  words = ['--data', str(talkers), '--minutes', '1', '--output', str(output)]
  assert compare.main(words) == 0
  # Fifteen experts and five generators, a trial each, then 60 s of 0.5 s; but
  # for the one that ended in its trial, and the generator that listens to it.
  assert len(asked) == 40 - 3
  assert asked['wav2lip/trial'] == 6 and asked['wav2lip'] == 120
  # The best that taught no generator judges the truth and all five.
  assert [who for who, _ in judged] == ['syncnet_paper-cosine_bce'] * 5
  assert [what for _, what in judged] == [
    None,
    *[name for name in compare_systems.GENERATORS if 'lstm' not in name],
  ]
  report = (output / 'compare.md').read_text()
  ends = [line[-12:] for line in report.splitlines()]
  assert [sum(word in end for end in ends) for word in ('50', '90', 'div')] == [
    12,
    1,
    3,
  ]
  assert 'not finite' in capsys.readouterr().err
  # Again: nothing is trained twice; with other options nothing is at all.
  asked.clear()
  assert compare.main(words) == 0 and not asked
  assert compare.main([*words, '--seed', '1']) == 2
  assert 'other options' in capsys.readouterr().err
  words[words.index(str(talkers))] = str(tmp_path / 'nowhere')
  words[words.index(str(output))] = str(tmp_path / 'other')
  assert compare.main(words) == 2
  assert not (tmp_path / 'other').exists()


@pytest.mark.parametrize('words', ['--minutes -1', '--minutes 1 --share 0'])
def test_numbers_that_make_no_sense(words, tmp_path, capsys):
  with pytest.raises(SystemExit):
    compare.main(['--data', str(tmp_path), *words.split()])
  assert 'choose more than 0' in capsys.readouterr().err


@pytest.mark.parametrize(
  ('words', 'said'),
  [
    ('--share 999', '--share is 1 to 16'),
    ('--image-size 50', 'image_size 50 does not halve'),
  ],
)
def test_nothing_begins_that_could_not_end(
  words, said, talkers, tmp_path, capsys
):
  output = tmp_path / 'out'
  where = ['--data', str(talkers), '--output', str(output), '--minutes', '1']
  assert compare.main([*where, *words.split()]) == 2
  assert said in capsys.readouterr().err
  assert not output.exists()
