"""SyncNet, the released network (v2); with `:paper` the one printed in 2016.

python -m lipsync_jax.main --config=configs/syncnet.py --workdir=runs/syncnet \
  --config.data.directory=DIR
python -m lipsync_jax.main --config=configs/syncnet.py:paper ...

Contrastive loss with margin 20 over embeddings of any length, SGD with
momentum; false sounds come from the same clip, up to 2 s away.
`--config.loss.objective=multiway` (or cosine_bce) trains the same towers
otherwise. The paper trains twice: on everything, then without the clips in
which the first network hears no sync (`tools.prepare --rescore`).
"""

from configs import common


def get_config(variant: str = ''):
  common.check_variant('syncnet', variant, 'paper')
  config = common.get_config()
  config.task = 'expert'
  config.data.examples = 'expert'
  config.image_size = 224
  config.networks.expert = dict(module='syncnet.SyncNet', width=64)
  if variant == 'paper':
    config.networks.expert = dict(
      module='syncnet_paper.SyncNet', width=96, input_size=111
    )
  config.loss.objective = 'contrastive'
  config.loss.margin = 20.0
  # Of objective 'multiway'.
  config.loss.candidates = 'clip'
  config.loss.initial_scale = 1 / 0.07
  config.data.windows_per_clip = 8
  config.data.other_clip = 0.0
  config.data.max_shift = 50  # frames: 2 s
  config.batch_size = 16
  config.num_steps = 100_000
  # The authors' schedule is not known; 1e-3 is that of their later trainer
  # (github.com/joonson/syncnet_trainer).
  config.optimizer.expert = common.sgd(
    learning_rate=1e-3, warmup_steps=100, schedule='cosine', weight_decay=1e-5
  )
  config.optimizer.temperature = common.adamw(learning_rate=1e-3)
  config.best_metric = 'offset_accuracy_5'
  config.best_mode = 'max'
  common.allow_pretrained(config)
  return config
