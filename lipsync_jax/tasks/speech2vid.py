"""Speech2Vid (Chung et al., 2017, arXiv:1705.02966): stills made to speak."""

import dataclasses

from lipsync_jax.tasks import base, generator


@dataclasses.dataclass(frozen=True)
class Task(generator.Task):
  """L1 and nothing else; a batch as in `generator`."""

  def init(self, rng, batch):
    return self.init_generator(rng, batch)

  def loss(self, params, model_state, batch, *, weights, rng, train):
    del weights, rng  # One term, nothing random.
    made, state = self.generate(params, model_state, batch, train=train)
    l1 = self.picture_loss(made, base.to_unit(batch['frames']))
    return {'generator': l1}, (
      model_state | {'generator': state},
      {'loss': l1, 'l1': l1},
    )
