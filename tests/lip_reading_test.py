"""Lip reading: what is seen, what is read, and that it learns."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import spoken_words
import tiny_runs

from lipsync_jax import checkpoint, losses, metric_writer, networks, train
from lipsync_jax.models import lip_reader
from lipsync_jax.tasks import lip_reading
from tools import read_lips

pytestmark = pytest.mark.usefixtures('quick_compilation')


@pytest.fixture(scope='module')
def words(tmp_path_factory):
  """Sixteen people to learn from, eight others to judge by."""
  folder = tmp_path_factory.mktemp('words')
  splits = {'train': range(16), 'validation': range(16, 24)}
  spoken_words.write_data(folder, splits)
  return folder


def make_config(words, expert, **overrides):
  config = tiny_runs.tiny('lip_reading', words, expert, **overrides)
  config.data.labels = str(words / 'labels.json')
  config.data.clip_frames = spoken_words.FRAMES
  config.networks.reader.hidden = 32
  return config


def test_the_reader_of_the_paper_trains(words, tiny_expert, tmp_path):
  config = tiny_runs.tiny('lip_reading:paper', words, tiny_expert)
  config.data.labels = str(words / 'labels.json')
  config.data.clip_frames = spoken_words.FRAMES
  state = train.train_and_evaluate(config, str(tmp_path))
  assert int(state.step) == 2
  # One direction, and no attention.
  assert not {'backward', 'attention'} & set(state.params['reader'])


def test_it_learns_to_read_people_it_has_never_seen(
  words, tiny_expert, tmp_path, capsys
):
  config = make_config(words, tiny_expert, num_devices=1)
  config.num_steps = config.eval_every = 60
  config.batch_size, config.eval_batches = 16, 2  # all 32 clips, once
  config.networks.reader.dropout = 0.2
  config.optimizer.reader.update(learning_rate=1e-2, warmup_steps=5)
  # The expert is one of two steps, as good as random: changes would drown
  # what it says.
  none = dict.fromkeys(config.data.augmentation, 0.0)
  config.data.augmentation.update(none | {'flip': 0.5})
  state = train.train_and_evaluate(config, str(tmp_path))
  rows = metric_writer.read(tmp_path / 'metrics.jsonl')
  assert rows[0]['train/loss'] == pytest.approx(math.log(4), abs=0.1)
  # Four seeds gave 0.35 to 0.48, and 0.81 to 0.94.
  assert rows[-1]['val/loss'] < math.log(4) / 2
  assert rows[-1]['val/accuracy'] > rows[-1]['val/chance'] + 0.4
  assert rows[-1]['val/chance'] == 0.25

  stored, _ = checkpoint.load_network(tiny_expert, 'expert')
  kept = {'params': state.params['expert'], **state.model_state['expert']}
  for kind, towers in kept.items():
    assert towers.keys() == {'face_encoder'}  # Nothing is heard.
    for a, b in zip(
      jax.tree.leaves(towers['face_encoder']),
      jax.tree.leaves(stored[kind]['face_encoder']),
      strict=True,
    ):
      assert np.asarray(a).tobytes() == np.asarray(b).tobytes()

  # Afterwards, from the checkpoint, clip by clip and filled up to 75 frames.
  capsys.readouterr()
  where = ['--checkpoint', str(tmp_path), '--data', str(words)]
  assert read_lips.main([*where, '--show']) == 0
  printed = capsys.readouterr().out.splitlines()
  mean = next(line for line in printed if line.startswith('mean'))
  assert float(mean.split()[1]) == pytest.approx(
    rows[-1]['val/accuracy'], abs=1e-3
  )
  assert sum('.mp4: ' in line for line in printed) == 32
  assert printed[-1] == '32 clips'


def test_a_word_training_never_heard_is_an_error(words, tiny_expert, tmp_path):
  path = tmp_path / 'labels.json'
  path.write_text('{"0/mami.mp4": ["mami"], "16/papu.mp4": ["papu"]}')
  config = make_config(words, tiny_expert)
  config.data.labels = str(path)
  with pytest.raises(ValueError, match="16/papu.mp4 says 'papu'"):
    train.train_and_evaluate(config, str(tmp_path))


def test_no_labels_no_lip_reading(words, tmp_path):
  config = make_config(words, 'nowhere')
  config.data.labels = ''
  with pytest.raises(ValueError, match=r'data\.labels=grid'):
    train.train_and_evaluate(config, str(tmp_path))


@pytest.mark.parametrize('attention', [True, False])
@pytest.mark.parametrize('bidirectional', [True, False])
def test_what_follows_the_end_has_no_influence(rng, attention, bidirectional):
  reader = lip_reader.Reader(
    (3, 5), 4, bidirectional=bidirectional, attention=attention
  )
  embeddings = jnp.asarray(rng.standard_normal((2, 9, 6)), jnp.float32)
  length = jnp.array([9, 5])
  variables = reader.init(jax.random.key(0), embeddings, length, train=False)
  read = jax.jit(functools.partial(reader.apply, variables, train=False))
  logits = read(embeddings, length)
  assert [slot.shape for slot in logits] == [(2, 3), (2, 5)]
  changed = read(embeddings.at[1, 5:].add(100.0), length)
  jax.tree.map(np.testing.assert_array_equal, changed, logits)
  alone = read(embeddings[1:, :5], length[1:])
  for whole, short in zip(logits, alone, strict=True):
    np.testing.assert_allclose(whole[1:], short, atol=1e-5)
  seen = read(embeddings.at[1, 4].add(1.0), length)
  assert all((a[1] != b[1]).any() for a, b in zip(seen, logits, strict=True))


def test_the_person_is_taken_off(rng):
  x = jnp.asarray(rng.standard_normal((2, 7, 5)), jnp.float32)
  valid = jnp.arange(7) < jnp.array([[7], [4]])
  centred = lip_reader.centred(x, valid)
  person = 3 + jnp.arange(5.0)
  moved = lip_reader.centred(0.01 * x + person, valid)
  np.testing.assert_allclose(moved, centred, atol=2e-2)
  np.testing.assert_allclose((centred[1, :4] ** 2).mean(), 1, rtol=1e-4)
  assert not centred[1, 4:].any()


EXPERTS = {
  'expert.Expert': {'width': 2, 'image_size': 48},
  'lstm_cbam.Expert': {'width': 2, 'image_size': 96},
  'syncnet.SyncNet': {'width': 8, 'image_size': 64},
  'syncnet_paper.SyncNet': {'width': 8, 'image_size': 64, 'input_size': 45},
}


def make_task(module, **options):
  expert = networks.make({'module': module, **EXPERTS[module]})
  reader = lip_reader.Reader((3, 2), 4)
  return lip_reading.Task(reader, expert, 'ab', (0.5, 0.6), **options)


@pytest.mark.parametrize('module', EXPERTS)
def test_every_expert_can_be_read(module):
  task = make_task(module)
  shapes = {
    'frames': jax.ShapeDtypeStruct((2, 20, 48, 48, 3), jnp.uint8),
    'length': jax.ShapeDtypeStruct((2,), jnp.int32),
    'labels': jax.ShapeDtypeStruct((2, 2), jnp.int32),
  }

  def step(batch):
    params, state = task.init(jax.random.key(0), batch)
    assert params.keys() == {'reader', 'expert'}
    return task.loss(
      params, state, batch, weights={}, rng=jax.random.key(0), train=True
    )

  by_network, (_, metrics) = jax.eval_shape(step, shapes)
  assert by_network.keys() == {'reader'}
  names = {'loss', 'accuracy', 'chance', 'accuracy_a', 'accuracy_b'}
  assert metrics.keys() == names


def test_windows_are_seen_in_order_and_resized(rng):
  task = make_task('expert.Expert', windows_at_once=4)
  frames = rng.integers(0, 255, (2, 11, 24, 24, 3), np.uint8)
  expert = task.expert
  whole = jnp.zeros((1, 5, 48, 48, 3))
  variables = expert.init(
    jax.random.key(0), whole, train=False, method='embed_face'
  )
  params, state = dict(variables), {}
  state = {'expert': {'batch_stats': params.pop('batch_stats')}}
  found = jax.jit(task.embed)({'expert': params['params']}, state, frames)
  assert found.shape == (2, 7, 512)
  large = jax.image.resize(
    jnp.asarray(frames[1], jnp.float32) / 255, (11, 48, 48, 3), 'linear'
  )
  windows = jnp.stack([large[i : i + 5] for i in range(7)])
  expected = expert.apply(variables, windows, train=False, method='embed_face')
  np.testing.assert_allclose(found[1], losses.unit(expected), atol=1e-4)
