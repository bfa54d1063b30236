"""One optimizer per trained network; frozen networks get none."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import optax

FROZEN = 'frozen'


@dataclasses.dataclass(frozen=True)
class OptimizerOptions:
  """AdamW or SGD, with warm-up. Defaults are those of wav2lip_train.py."""

  name: str = 'adamw'  # or 'sgd', with momentum b1
  learning_rate: float = 1e-4
  schedule: str = 'constant'  # or 'cosine': down to 0 at num_steps
  warmup_steps: int = 0
  b1: float = 0.9
  b2: float = 0.999  # of adamw
  weight_decay: float = 0.0
  clip_norm: float = 0.0  # 0: no clipping


def learning_rate(options: OptimizerOptions, num_steps: int) -> optax.Schedule:
  """The schedule: step -> learning rate.

  Raises:
    ValueError: the schedule's name is unknown.
  """
  peak, warmup = options.learning_rate, options.warmup_steps
  if options.schedule == 'constant':
    tail = optax.constant_schedule(peak)
  elif options.schedule == 'cosine':
    tail = optax.cosine_decay_schedule(peak, max(1, num_steps - warmup))
  else:
    raise ValueError(
      f"optimizer.schedule is {options.schedule!r}: 'constant' or 'cosine'."
    )
  if not warmup:
    return tail
  ramp = optax.linear_schedule(peak / warmup, peak, warmup)
  return optax.join_schedules([ramp, tail], [warmup])


def make_optimizer(
  networks: Mapping[str, OptimizerOptions],
  *,
  frozen: Iterable[str],
  num_steps: int,
) -> optax.GradientTransformation:
  """Joins the optimizers of all networks.

  Args:
    networks: options by name of trained network.
    frozen: names of networks whose updates are set to zero.
    num_steps: length of the run, for schedules.

  Raises:
    ValueError: a name or a schedule is unknown.

  Returns:
    A transformation over params keyed by network name. Clipping is inside each
    network's branch, so one network's gradient never scales another's.
  """
  transforms: dict[str, optax.GradientTransformation] = {
    name: _transform(options, num_steps) for name, options in networks.items()
  }
  transforms[FROZEN] = optax.set_to_zero()
  labels: dict[str, Any] = {name: name for name in networks}
  labels |= {name: FROZEN for name in frozen}
  return optax.partition(transforms, labels)


def _transform(
  options: OptimizerOptions, num_steps: int
) -> optax.GradientTransformation:
  rate = learning_rate(options, num_steps)
  if options.name == 'adamw':
    chosen = optax.adamw(
      rate, b1=options.b1, b2=options.b2, weight_decay=options.weight_decay
    )
  elif options.name == 'sgd':
    # Decay is added to the gradient, as PyTorch's SGD does.
    chosen = optax.chain(
      optax.add_decayed_weights(options.weight_decay),
      optax.sgd(rate, momentum=options.b1),
    )
  else:
    raise ValueError(f"optimizer.name is {options.name!r}: 'adamw' or 'sgd'.")
  if not options.clip_norm:
    return chosen
  return optax.chain(optax.clip_by_global_norm(options.clip_norm), chosen)
