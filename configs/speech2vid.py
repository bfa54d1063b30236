"""Speech2Vid: stills of a person made to speak; with `:five` from five stills.

python -m lipsync_jax.main --config=configs/speech2vid.py \
  --workdir=runs/speech2vid --config.data.directory=DIR
python -m lipsync_jax.main --config=configs/speech2vid.py:five ...

Nothing but L1, and no expert is needed. The paper's network takes the pose
from the stills; `--config.networks.generator.pose_prior=True` shows it the
upper half of the target as well, as the later ones do. Numbers are those of the
Keras port (models/speech2vid.py).
"""

from configs import common


def get_config(variant: str = ''):
  common.check_variant('speech2vid', variant, 'five')
  config = common.get_config()
  config.task = 'speech2vid'
  config.data.examples = 'generator'
  config.image_size = 112
  config.networks.generator = dict(
    module='speech2vid.Generator',
    width=64,
    stills=5 if variant == 'five' else 1,
    pose_prior=False,
  )
  config.batch_size = 13  # clips of five frames, for 64 pictures
  config.num_steps = 20_000  # 20 epochs of 1000
  config.optimizer.generator = common.adamw(learning_rate=1e-3)
  config.ema.networks = ('generator',)
  config.best_metric = 'l1'
  common.allow_pretrained(config)
  return config
