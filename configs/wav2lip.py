"""Wav2Lip; with `:gan` the visual-quality discriminator as well.

`:lite` is a generator a quarter as wide, for machines without a GPU: 2.3 M
parameters, 0.49 GFLOP a picture instead of 7.5.

python -m lipsync_jax.main --config=configs/wav2lip.py --workdir=runs/wav2lip \
  --config.data.directory=DIR --config.pretrained.expert=runs/expert
python -m lipsync_jax.main --config=configs/wav2lip.py:gan ...

Numbers are those of wav2lip_train.py and hq_wav2lip_train.py.
"""

from configs import common


def get_config(variant: str = ''):
  common.check_variant('wav2lip', variant, 'gan', 'lite')
  config = common.get_config()
  config.task = 'wav2lip'
  config.data.examples = 'generator'
  config.networks.generator = dict(
    module='wav2lip.Generator', width=4 if variant == 'lite' else 16
  )
  # Replaced by what the pretrained expert says of itself.
  config.networks.expert = dict(module='expert.Expert', width=32)
  config.num_steps = 250_000
  config.ema.networks = ('generator',)
  config.best_metric = 'l1_and_sync'  # as with an open gate
  gan = variant == 'gan'
  # The reference trains with betas (0.9, 0.999) alone, (0.5, 0.999) with GAN.
  beta = 0.5 if gan else 0.9
  config.optimizer.generator = common.adamw(learning_rate=1e-4, b1=beta)
  config.loss.sync_weight = 0.03 if gan else 0.01
  # Validation sync loss below which the expert is listened to; inf: at once.
  config.loss.sync_gate = 0.75
  # How the expert is listened to: 'matching', 'cosine_bce' or 'contrastive';
  # 'auto': as it was trained (lipsync_jax/tasks/sync_term.py).
  config.loss.sync_loss = 'auto'
  # Of 'contrastive': the margin the expert was trained with; 'auto' knows it.
  config.loss.sync_margin = 1.0
  # The expert's BatchNorm by the batch, as the original has it by accident.
  config.loss.expert_batch_stats = False
  if gan:
    config.networks.discriminator = dict(
      module='discriminator.Discriminator', width=32
    )
    config.optimizer.discriminator = common.adamw(learning_rate=1e-4, b1=beta)
    config.loss.adversarial_weight = 0.07
  common.allow_pretrained(config)
  return config
