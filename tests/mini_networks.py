"""Networks that compile in a second: for tests of all that is around them.

config = mini_networks.tiny('wav2lip', data, expert)
"""

from typing import Any, ClassVar

import flax.linen as nn
import jax.numpy as jnp
import tiny_runs

from lipsync_jax import losses


def tiny(name, data, expert=None, **overrides):
  """As `tiny_runs.tiny`, of 24 pixels."""
  config = tiny_runs.tiny(name, data, expert, image_size=24)
  with config.unlocked():
    for role, network in config.networks.items():
      kind = {'expert': 'Expert', 'generator': 'Generator'}.get(role)
      if kind:
        network.module = f'mini_networks.{kind}'
    for options in config.optimizer.values():
      # Adam makes a step of full size of a gradient that is rounding alone.
      options.name, options.learning_rate, options.b1 = 'sgd', 0.1, 0.9
      options.warmup_steps = 0
  config.update(overrides)
  return config


class Generator(nn.Module):
  sound: ClassVar[str] = 'mel'
  stills: ClassVar[int] = 1
  sees_target: ClassVar[bool] = True
  width: int = 2
  image_size: int = 24
  dtype: Any = jnp.float32

  @nn.compact
  def draw(self, sound, target, stills, *, train):
    voice = nn.Dense(self.width)(sound.mean(2)[..., 0] / 4)
    seen = target.at[:, target.shape[1] // 2 :].set(0)
    x = jnp.concatenate([seen, stills[:, 0]], axis=-1)
    x = nn.Conv(self.width, (3, 3), strides=2)(x) + voice[:, None, None]
    x = nn.relu(nn.BatchNorm(use_running_average=not train)(x))
    x = jnp.repeat(jnp.repeat(nn.Dense(3)(x), 2, axis=1), 2, axis=2)
    return nn.sigmoid(x)


class Expert(nn.Module):
  sound: ClassVar[str] = 'mel'
  least_cosine: ClassVar[float] = -1.0
  width: int = 2
  image_size: int = 24
  dtype: Any = jnp.float32

  def setup(self):
    self.norm = nn.BatchNorm()
    self.voice, self.face = nn.Dense(8), nn.Dense(8)

  def embed_audio(self, mel, *, train):
    return losses.unit(self.voice(mel.mean(2)[..., 0]))

  def embed_face(self, frames, *, train):
    mouths = frames[:, :, frames.shape[2] // 2 :].mean(3)
    x = self.norm(mouths, use_running_average=not train)
    return losses.unit(self.face(x.reshape(len(x), -1)))

  def __call__(self, mel, frames, *, train):
    face = self.embed_face(frames, train=train)
    return self.embed_audio(mel, train=train), face
