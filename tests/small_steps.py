"""Tasks of two channels and made-up batches, for tests of the training step."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from lipsync_jax import optimizer, sharding, train_state, train_step
from lipsync_jax.models import discriminator, expert, wav2lip
from lipsync_jax.tasks import base
from lipsync_jax.tasks import expert as expert_task
from lipsync_jax.tasks import wav2lip as wav2lip_task

SIZE = 24
_SMALL = {'width': 2, 'image_size': SIZE}
WEIGHTS = {'sync': 0.3, 'adversarial': 0.1}


def expert_network(dtype=jnp.float32):
  return expert.Expert(embedding=8, dtype=dtype, **_SMALL)


def make_task(name, dtype=jnp.float32, **options):
  """'expert', or 'wav2lip:gan' whose losses are means over examples."""
  if name == 'expert':
    return expert_task.Task(expert_network(dtype), **options)
  return wav2lip_task.Task(
    generator=wav2lip.Generator(dtype=dtype, **_SMALL),
    expert=expert_network(dtype),
    discriminator=discriminator.Discriminator(dtype=dtype, **_SMALL),
    sync_loss='cosine_bce',
    **options,
  )


def make_batch(name, size, seed=0):
  """Noise in the shapes of `size` examples."""
  rng = np.random.default_rng(seed)

  def pictures(*shape):
    return rng.integers(0, 256, (size, *shape, SIZE, SIZE, 3), np.uint8)

  def sound(*shape):
    return rng.normal(size=(size, *shape, 80, 16, 1)).astype(np.float32)

  if name == 'expert':
    return {
      'frames': pictures(4, 5),
      'sound': sound(4),
      'false_sound': sound(4),
      'start': np.tile(np.arange(0, 40, 10, dtype=np.int32), (size, 1)),
      'clip': np.arange(size, dtype=np.int32),
    }
  return {
    'frames': pictures(5),
    'reference': pictures(5),
    'frame_sounds': sound(5),
    'sound': sound(),
  }


class Plain(base.Task):
  """One layer, no BatchNorm, a loss that is a mean, gradients one can count."""

  trained = ('network',)
  frozen = ('expert',)

  def init(self, rng, batch):
    network = nn.Dense(3).init(rng, batch['x'])['params']
    state = {'network': {'batch_stats': {'seen': jnp.zeros(())}}}
    return {'network': network, 'expert': {'scale': jnp.float32(-0.0)}}, state

  def loss(self, params, model_state, batch, *, weights, rng, train):
    y = nn.Dense(3).apply({'params': params['network']}, batch['x'])
    loss = jnp.mean((y + params['expert']['scale'] - batch['y']) ** 2)
    seen = model_state['network']['batch_stats']['seen'] + 1
    state = {'network': {'batch_stats': {'seen': seen}}}
    return {'network': loss}, (state, {'loss': loss})


def plain_batch(size=8, seed=0):
  rng = np.random.default_rng(seed)
  return {
    'x': rng.normal(size=(size, 4)).astype(np.float32),
    'y': rng.normal(size=(size, 3)).astype(np.float32),
  }


def make_optimizer(task, **options):
  options = {'learning_rate': 1e-2} | options
  return optimizer.make_optimizer(
    {name: optimizer.OptimizerOptions(**options) for name in task.trained},
    frozen=task.frozen,
    num_steps=100,
  )


def draw_variables(task, batch):
  """Parameters and states, drawn without compiling their initializers.

  Numbers without an axis are -0.0, whose bytes adding zero would change.
  """
  rng = np.random.default_rng(0)

  def draw(path, leaf):
    if leaf.ndim > 1:
      scale = np.sqrt(2 / np.prod(leaf.shape[:-1]))
      return rng.normal(0, scale, leaf.shape)
    positive = path[-1].key in ('var', 'scale')
    low, high = (0.5, 1.5) if positive else (-0.1, 0.1)
    return rng.uniform(low, high, leaf.shape) if leaf.ndim else np.array(-0.0)

  like = jax.tree.map(jnp.asarray, batch)
  shapes = jax.eval_shape(task.init, jax.random.key(0), like)
  return jax.tree.map(
    lambda x, shape: jnp.asarray(x, shape.dtype),
    jax.tree_util.tree_map_with_path(draw, shapes),
    shapes,
  )


def make_step(
  task, batch, *, devices=1, ema=(), tx=None, float64=False, **options
):
  """A compiled-on-call step, a state at step 0, and where batches go."""
  where = sharding.make_sharding(devices)
  tx = tx or make_optimizer(task)
  params, model_state = draw_variables(task, batch)
  if float64:
    params, model_state = jax.tree.map(jnp.float64, (params, model_state))
  state = train_state.create(
    params, model_state, tx, loss_weights=WEIGHTS, ema_networks=ema
  )
  step = train_step.make_train_step(task, tx, where, seed=0, **options)
  return step, jax.device_put(state, where.replicated), where.put_batch


def sgd():
  return optax.sgd(0.1)
