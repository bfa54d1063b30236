"""Lip reading: words from the features of a frozen sync expert.

python -m lipsync_jax.main --config=configs/lip_reading.py \
  --workdir=runs/words --config.data.directory=DIR \
  --config.pretrained.expert=runs/expert --config.data.labels=grid

Labels are words of whole clips: 'grid' reads them from the file names of that
corpus; a path is a JSON file {clip id: [word of every slot]}, as
`tools.synthesize --words` writes it. `:paper` reads as SyncNet's authors did:
one LSTM, of which the last state is classified. What is measured on every clip
of a split, once: `python -m tools.read_lips --help`.
"""

from configs import common


def get_config(variant: str = ''):
  common.check_variant('lip_reading', variant, 'paper')
  config = common.get_config()
  config.task = 'lip_reading'
  config.data.examples = 'lip_reading'
  paper = variant == 'paper'
  # Its classes are those of the training split.
  config.networks.reader = dict(
    module='lip_reader.Reader',
    hidden=128,
    bidirectional=not paper,
    attention=not paper,
    dropout=0.5,
  )
  # Replaced by what the pretrained expert says of itself.
  config.networks.expert = dict(module='expert.Expert', width=32)
  # Of every clip, windows that the expert looks at in one go: memory.
  config.loss.windows_at_once = 12
  config.data.augmentation.update(
    zoom=0.15, rotation=5.0, contrast=0.3, colour=0.15
  )
  config.num_steps = 2000
  config.eval_every = 500
  config.optimizer.reader = common.adamw(
    learning_rate=2e-3,
    warmup_steps=50,
    schedule='cosine',
    weight_decay=1e-4,
    clip_norm=1.0,
  )
  config.best_metric = 'accuracy'
  config.best_mode = 'max'
  common.allow_pretrained(config)
  return config
