"""The real configs, shrunk: every one trains, stops, resumes, scales."""

import jax
import numpy as np
import pytest
import tiny_runs

from lipsync_jax import (
  checkpoint,
  metric_writer,
  train,
)

pytestmark = pytest.mark.usefixtures('quick_compilation')

CONFIGS = [
  'expert',
  'expert:reference',
  'wav2lip',
  'wav2lip:gan',
]


@pytest.mark.parametrize('name', CONFIGS)
def test_every_config_trains(name, talkers, tiny_expert, tmp_path):
  config = tiny_runs.tiny(
    name, talkers, None if 'expert' in name else tiny_expert
  )
  state = train.train_and_evaluate(config, str(tmp_path))
  assert int(state.step) == 2
  rows = metric_writer.read(tmp_path / 'metrics.jsonl')
  assert {row['step'] for row in rows} == {1, 2}
  assert all(np.isfinite(list(row.values())).all() for row in rows)
  trained = next(iter(config.optimizer))
  _, description = checkpoint.load_network(tmp_path, trained)
  assert description['data']['licences'] == ['none']
  assert bool(list(tmp_path.glob('samples/*.png'))) == ('wav2lip' in name)


def test_the_frozen_expert_keeps_its_bytes(talkers, tiny_expert, tmp_path):
  config = tiny_runs.tiny('wav2lip', talkers, tiny_expert)
  config.optimizer.generator.weight_decay = 0.1
  config.loss.sync_gate = 100.0  # open from the first evaluation on
  config.num_steps, config.eval_every = 4, 2
  state = train.train_and_evaluate(config, str(tmp_path))
  assert float(state.loss_weights['sync']) > 0
  variables, _ = checkpoint.load_network(tiny_expert, 'expert')
  params = variables.pop('params')
  for ours, theirs in ((state.params, params), (state.model_state, variables)):
    for a, b in zip(
      jax.tree.leaves(ours['expert']), jax.tree.leaves(theirs), strict=True
    ):
      assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def test_resume_equals_uninterrupted(
  talkers, tiny_expert, tmp_path, monkeypatch
):
  config = tiny_runs.tiny(
    'wav2lip:gan',
    talkers,
    tiny_expert,
    num_steps=40,
    eval_every=20,
    log_every=5,
  )
  whole = train.train_and_evaluate(config, str(tmp_path / 'whole'))

  real = train.dataset.make_dataset

  def stops_after_step_23(*args, **kwargs):
    for i, batch in enumerate(real(*args, **kwargs)):
      if i == 23:
        raise KeyboardInterrupt
      yield batch

  with monkeypatch.context() as patch:
    patch.setattr(train.dataset, 'make_dataset', stops_after_step_23)
    with pytest.raises(KeyboardInterrupt):
      train.train_and_evaluate(config, str(tmp_path / 'parts'))
  parts = train.train_and_evaluate(config, str(tmp_path / 'parts'))

  jax.tree.map(np.testing.assert_array_equal, parts, whole)
  rows = [
    [
      {k: v for k, v in row.items() if not k.startswith('time/')}
      for row in metric_writer.read(tmp_path / run / 'metrics.jsonl')
    ]
    for run in ('parts', 'whole')
  ]
  assert rows[0] == rows[1]


def test_data_that_is_not_there(tmp_path):
  with pytest.raises(FileNotFoundError, match=r'tools\.prepare'):
    train.train_and_evaluate(
      tiny_runs.tiny('expert', tmp_path), str(tmp_path / 'run')
    )


def test_data_that_nobody_named():
  with pytest.raises(ValueError, match=r'--config\.data\.directory'):
    train.train_and_evaluate(tiny_runs.tiny('expert', ''), 'nowhere')


def test_a_best_metric_nobody_measures_is_refused(talkers, tmp_path):
  config = tiny_runs.tiny('expert', talkers, best_metric='beauty')
  with pytest.raises(ValueError, match="'beauty' is none of .*offset_accuracy"):
    train.train_and_evaluate(config, str(tmp_path))


def test_an_expert_is_needed(talkers, tmp_path):
  with pytest.raises(ValueError, match=r'pretrained\.expert'):
    train.train_and_evaluate(tiny_runs.tiny('wav2lip', talkers), str(tmp_path))


def test_an_expert_for_another_size_is_refused(talkers, tiny_expert, tmp_path):
  config = tiny_runs.tiny('wav2lip', talkers, tiny_expert, image_size=64)
  with pytest.raises(ValueError, match='48 px.*image_size=64'):
    train.train_and_evaluate(config, str(tmp_path))


def test_a_loss_that_is_not_finite_stops_the_run(talkers, tmp_path):
  config = tiny_runs.tiny('expert', talkers, num_steps=4)
  config.optimizer.expert.learning_rate = float('inf')
  config.optimizer.expert.warmup_steps = 0
  with pytest.raises(FloatingPointError, match='learning rate'):
    train.train_and_evaluate(config, str(tmp_path))
