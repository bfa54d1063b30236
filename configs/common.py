"""Every field there is, with its default. Other files only set what differs.

Override any of them: `--config.batch_size=32 --config.data.directory=DIR`.
"""

import dataclasses

import ml_collections

from input_pipeline import augment
from lipsync_jax import optimizer


def get_config() -> ml_collections.ConfigDict:
  """Fields shared by all families."""
  config = ml_collections.ConfigDict()
  # Name of a module in lipsync_jax/tasks.
  config.task = ''
  config.seed = 0
  # Side of the face in pixels: 48, 64, 96, 128, 192, 256, 288, 384.
  config.image_size = 96
  # Of the computation; parameters, statistics and losses stay float32.
  # bfloat16 suits TPUs and GPUs from A100 on, not CPUs.
  config.dtype = 'float32'
  # Compute BatchNorm and activations again in the backward pass instead of
  # keeping them: less memory, more time (lipsync_jax/training/gradients.py).
  config.remat = False
  # Examples a step over all devices and hosts.
  config.batch_size = 16
  # Micro-batches a step takes them in, where they do not fit into memory at
  # once (lipsync_jax/training/accumulation.py says what then differs).
  config.accumulate = 1
  config.num_steps = 100_000
  config.log_every = 50
  # Evaluation, pictures and a checkpoint.
  config.eval_every = 1000
  # Batches of batch_size validation clips, spread over the split, whose losses
  # are averaged and that generators draw; 0: every clip, once. Offsets of
  # experts are always found in all of them: few clips make no percentage.
  config.eval_batches = 0
  # Watches the first 20 steps: WORKDIR/profile gets a trace and a summary.
  config.profile = False
  # Steps after which an expert whose loss is still that of guessing is called
  # stuck, with a diagnosis; it trains on. 0: never.
  config.stuck_after = 2000
  # Steps whose numbers are not finite are skipped; so many in a row end a run.
  config.max_bad_steps = 10
  # 0: all devices.
  config.num_devices = 0
  # Workdirs of runs whose networks are taken over, by name of network; what a
  # task freezes must come from here. Needed again, unchanged, to resume.
  config.pretrained = ml_collections.ConfigDict()

  config.data = ml_collections.ConfigDict()
  # What tools.prepare wrote.
  config.data.directory = ''
  config.data.train_split = 'train'
  config.data.validation_split = 'validation'
  # To learn one speaker: about this share of her footage is held out to judge
  # by, and no other speaker is looked at (input_pipeline/one_speaker.py).
  config.data.held_out = 0.0
  # Who; '' where the data has one speaker only.
  config.data.speaker = ''
  # Kind of example: 'expert', 'generator' or 'lip_reading'
  # (input_pipeline/dataset.py).
  config.data.examples = ''
  # Of 'expert' examples: windows cut from each clip, the share of false sounds
  # that come from another clip, and how many frames away the others may be (0:
  # as far as the chunk reaches).
  config.data.windows_per_clip = 4
  config.data.other_clip = 0.5
  config.data.max_shift = 0
  # Of 'lip_reading' examples: what clips say: 'grid', by the names of that
  # corpus's files, or a JSON file (input_pipeline/labels.py).
  config.data.labels = ''
  # Of the same: what all are filled up to; clips of single words take less.
  config.data.clip_frames = 75
  # 0: every clip once an epoch; 1: every speaker equally often; between: some
  # of it (input_pipeline/balance.py).
  config.data.balance_speakers = 0.5
  # The sound windows of wav2lip_train.py instead of ours
  # (input_pipeline/alignment.py).
  config.data.reference_alignment = False
  # Damaged records that a run puts up with; more stop it
  # (input_pipeline/intact.py).
  config.data.max_damaged = 10
  # Decoding threads on each host.
  config.data.num_threads = 4
  config.data.augmentation = dataclasses.asdict(augment.Augmentation())

  # Networks by name: module and class in lipsync_jax/models, and its fields.
  config.networks = ml_collections.ConfigDict()
  # Optimizer options by name of trained network.
  config.optimizer = ml_collections.ConfigDict()
  # Numbers of the task's losses.
  config.loss = ml_collections.ConfigDict()

  config.ema = ml_collections.ConfigDict()
  # Networks whose parameters are averaged, and judged and used averaged.
  config.ema.networks = ()
  config.ema.decay = 0.999

  # Lowers the learning rates, then stops, when held-out sync falls from where
  # a pretrained generator began (lipsync_jax/training/guard.py); '': off.
  config.guard = ml_collections.ConfigDict()
  config.guard.metric = ''
  config.guard.tolerance = 0.1
  config.guard.patience = 2
  config.guard.factor = 0.3
  config.guard.max_reductions = 2

  # The newest checkpoints, kept besides the best: 2, so that the one before is
  # there if the newest is damaged.
  config.keep_checkpoints = 2
  # Decides which checkpoint is kept as the best.
  config.best_metric = ''
  config.best_mode = 'min'

  # Writes WORKDIR/tensorboard as well.
  config.tensorboard = False
  config.wandb = ml_collections.ConfigDict()
  config.wandb.mode = 'disabled'  # or 'offline', 'online'
  config.wandb.project = 'lipsync_jax'
  # Of W&B too; '' leaves them to it.
  config.wandb.entity = ''
  config.wandb.name = ''
  config.wandb.group = ''
  config.wandb.tags = ()
  return config


def allow_pretrained(config: ml_collections.ConfigDict) -> None:
  """Gives every network of a config its field in `config.pretrained`."""
  for name in config.networks:
    config.pretrained[name] = ''


def check_variant(name: str, variant: str, *known: str) -> None:
  """Raises ValueError unless the variant is '' or one of the known."""
  if variant and variant not in known:
    has = ', '.join(f':{k}' for k in known) or 'no variants'
    raise ValueError(f'configs/{name}.py has {has}; there is no :{variant}.')


def adamw(**options) -> ml_collections.ConfigDict:
  """Optimizer options of one network; see lipsync_jax/optimizer.py."""
  options = optimizer.OptimizerOptions(**options)
  return ml_collections.ConfigDict(dataclasses.asdict(options))


def sgd(**options) -> ml_collections.ConfigDict:
  """The same for SGD with momentum b1."""
  return adamw(name='sgd', **options)
