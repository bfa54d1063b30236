"""What the demo trains with: a quarter of the width, 48 pixels, few steps."""

SIZE = 48
EXPERT_STEPS = 300
GENERATOR_STEPS = 1200


def expert(steps: int = EXPERT_STEPS, *, size: int = SIZE) -> list[str]:
  """Options of configs/expert.py for synthetic talkers, in minutes."""
  return [
    f'--config.image_size={size}',
    '--config.networks.expert.width=8',
    '--config.batch_size=6',
    f'--config.num_steps={steps}',
    f'--config.eval_every={max(1, steps // 2)}',
    '--config.eval_batches=1',
    '--config.log_every=10',
    '--config.optimizer.expert.learning_rate=2e-3',
    f'--config.optimizer.expert.warmup_steps={min(30, steps // 2)}',
  ]


def generator(steps: int = GENERATOR_STEPS, *, size: int = SIZE) -> list[str]:
  """The same of configs/wav2lip.py."""
  return [
    f'--config.image_size={size}',
    '--config.networks.generator.width=4',
    '--config.batch_size=6',
    f'--config.num_steps={steps}',
    f'--config.eval_every={max(1, steps // 4)}',
    '--config.eval_batches=3',
    '--config.log_every=25',
    # Listened to from the start, as there are few steps, and softly: at 0.03
    # patterns that please the expert spoil the picture.
    '--config.loss.sync_weight=0.003',
    '--config.loss.sync_gate=inf',
    '--config.optimizer.generator.learning_rate=3e-3',
    '--config.optimizer.generator.schedule=cosine',
    f'--config.optimizer.generator.warmup_steps={min(30, steps // 2)}',
    '--config.ema.decay=0.98',
  ]
