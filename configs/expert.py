"""The sync expert of Wav2Lip, judged by offset accuracy.

python -m lipsync_jax.main --config=configs/expert.py --workdir=runs/expert \
  --config.data.directory=DIR

`:reference` trains as color_syncnet_train.py does: cosine BCE, Adam at 1e-4,
one window per clip, batches of 64. Expect its loss at ln 2 for a long time.
`:lite` is a quarter as wide: 0.18 GFLOP a window instead of 2.2.
"""

from configs import common


def get_config(variant: str = ''):
  common.check_variant('expert', variant, 'reference', 'lite')
  config = common.get_config()
  config.task = 'expert'
  config.data.examples = 'expert'
  config.networks.expert = dict(
    module='expert.Expert', width=8 if variant == 'lite' else 32
  )
  # Matching over time finds sync where BCE sits at 0.69: each of 16 windows of
  # a clip is to be told from the 15 others, which differ in nothing but time.
  config.loss.objective = 'multiway'
  config.loss.candidates = 'clip'  # or 'batch'
  config.loss.initial_scale = 1 / 0.07
  # Of objective 'contrastive'; the others are 'multiway' and 'cosine_bce'.
  config.loss.margin = 1.0
  config.data.windows_per_clip = 16
  config.data.other_clip = 0.0
  # Few speakers must stand for all: no face and no voice is seen twice alike.
  config.data.augmentation.update(
    zoom=0.15, rotation=5.0, contrast=0.3, colour=0.15, tract=0.08
  )
  config.batch_size = 16
  config.num_steps = 50_000
  config.optimizer.expert = common.adamw(
    learning_rate=1e-3, warmup_steps=100, schedule='cosine', weight_decay=1e-4
  )
  config.optimizer.temperature = common.adamw(learning_rate=1e-3)
  config.best_metric = 'offset_accuracy_5'
  config.best_mode = 'max'
  if variant == 'reference':
    config.loss.objective = 'cosine_bce'
    config.data.windows_per_clip = 1
    config.data.other_clip = 0.0
    config.batch_size = 64
    config.num_steps = 500_000
    config.optimizer.expert = common.adamw(learning_rate=1e-4)
  common.allow_pretrained(config)
  return config
