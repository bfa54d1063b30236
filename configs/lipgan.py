"""LipGAN: a generator and a discriminator of face and sound.

python -m lipsync_jax.main --config=configs/lipgan.py --workdir=runs/lipgan \
  --config.data.directory=DIR

No expert is needed. Numbers are those of the authors' code; it hears 27 mel
rows around each frame (their fully_pythonic branch),
`--config.networks.generator.sound=mfcc35_lipgan` with
`--config.networks.discriminator.sound=mfcc35_lipgan` the MFCCs of the paper.
"""

from configs import common


def get_config(variant: str = ''):
  common.check_variant('lipgan', variant)
  config = common.get_config()
  config.task = 'lipgan'
  config.data.examples = 'generator'
  config.networks.generator = dict(
    module='lipgan.Generator', width=32, sound='mel27'
  )
  config.networks.discriminator = dict(
    module='lipgan.Discriminator', width=32, sound='mel27'
  )
  config.loss.adversarial_weight = 0.01
  config.loss.margin = 1.0
  config.batch_size = 20  # clips of five frames, for 96 pictures
  config.num_steps = 250_000
  config.optimizer.generator = common.adamw(learning_rate=1e-4)
  config.optimizer.discriminator = common.adamw(learning_rate=1e-4)
  config.ema.networks = ('generator',)
  config.best_metric = 'l1'
  common.allow_pretrained(config)
  return config
