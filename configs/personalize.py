"""One speaker's mouth: a trained generator goes on with minutes of footage.

python -m lipsync_jax.main --config=configs/personalize.py --workdir=runs/anna \
  --config.data.directory=DIR --config.data.speaker=ANNA \
  --config.pretrained.generator=runs/wav2lip
python -m lipsync_jax.main --config=configs/personalize.py:gan ...

The expert is the one the generator was taught by, unless
--config.pretrained.expert=RUN names another; of a generator that comes without
one (published weights) it has to. The same goes for the discriminator of :gan,
which else begins untrained.
"""

from configs import common, wav2lip


def get_config(variant: str = ''):
  common.check_variant('personalize', variant, 'gan')
  config = wav2lip.get_config(variant)
  config.data.held_out = 0.15
  config.batch_size = 8
  config.num_steps = 1000
  config.log_every = 25
  config.eval_every = 100
  # Wav2Lip's own, begun gently. Small networks bear more (README).
  for options in config.optimizer.values():
    options.update(learning_rate=1e-4, warmup_steps=50)
  # The expert is listened to from the first step. With 0.03 instead of our
  # 0.01 the mouths pleased it alone: its loss fell twice as fast, SSIM
  # fell too, and its confidence in whole clips stayed (README).
  config.loss.sync_gate = float('inf')
  # By batches of one speaker PSNR fell from 26.8 to 22 dB in 100 steps.
  config.loss.frozen_statistics = True
  # The camera, the light and the microphone are those of the footage to come.
  config.data.augmentation.update(
    zoom=0.05, brightness=0.05, contrast=0.1, colour=0.03, level=0.3
  )
  # Of a short run: the mean of about the last hundred steps.
  config.ema.decay = 0.99
  config.guard.metric = 'sync_confidence'
  return config
