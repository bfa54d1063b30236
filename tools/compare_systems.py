"""What `tools.compare` trains: configs of the project, alike where they can be.

Every network gets the same share of its published width, every run the same
data, seed, pictures a step and optimizer schedule. Losses are those of its own
config, but for the weight of the sync term: 0.005 for all that listen to an
expert, from the first step, since the published weights and gates are for the
published losses and for days of training.
"""

import importlib
import pathlib
from typing import Any

from configs import common
from lipsync_jax import networks, specs

OBJECTIVES = ('multiway', 'cosine_bce', 'contrastive')
# Title, config, whether its embeddings have any length.
EXPERTS = {
  'syncnet': ('SyncNet, released', 'syncnet', True),
  'syncnet_paper': ('SyncNet, 2016 paper', 'syncnet:paper', True),
  'wav2lip_expert': ('Wav2Lip expert', 'expert', False),
  'lstm_cbam': ('LSTM-CBAM', 'lstm_cbam', False),
  'cbam': ('LSTM-CBAM without LSTM', 'lstm_cbam:no_lstm', False),
}
# Title, config, the expert it listens to.
GENERATORS = {
  'speech2vid': ('Speech2Vid', 'speech2vid', None),
  'lipgan': ('LipGAN', 'lipgan', None),
  'wav2lip': ('Wav2Lip', 'wav2lip', 'wav2lip_expert'),
  'wav2lip_gan': ('Wav2Lip + GAN', 'wav2lip:gan', 'wav2lip_expert'),
  'wav2lip_lstm_cbam': (
    'Wav2Lip, LSTM-CBAM expert',
    'lstm_cbam:generator',
    'lstm_cbam',
  ),
}
_CLIPS = 6  # a step; 16 windows of each for experts, 5 frames for generators
_SMALLEST_SYNCNET = 64  # pixels
_SMALLEST_MOUTH = 45
_MOST_SHARE = 16  # the narrowest is 16 wide


def expert_config(name: str, objective: str, options: Any) -> Any:
  """The config of an expert; `options` are those of the command."""
  _, file, any_length = EXPERTS[name]
  config = _config(file, options)
  config.loss.objective = objective
  if any_length:
    config.image_size = max(config.image_size, _SMALLEST_SYNCNET)
    if 'input_size' in config.networks.expert:
      # Mouths as small beside the published 111 pixels as the faces beside 224.
      mouths = max(111 * config.image_size // 224, _SMALLEST_MOUTH)
      config.networks.expert.input_size = mouths
  else:
    config.loss.margin = 1.0
  if 'cbam' in name:
    # Its running statistics would need more steps than there are.
    config.networks.expert.momentum = 0.9
  config.data.windows_per_clip = 16
  optimizer = config.optimizer.expert
  # SyncNet's own SGD stays on the plateau of its loss for a thousand steps.
  optimizer.name = 'adamw'
  long = any_length and objective == 'contrastive'
  optimizer.learning_rate = 1e-3 if long else 2e-3
  optimizer.schedule, optimizer.warmup_steps = 'cosine', 20
  return config


def generator_config(name: str, options: Any) -> Any:
  """The config of a generator, whose expert is trained already."""
  _, file, expert = GENERATORS[name]
  config = _config(file, options)
  if expert:
    folder = pathlib.Path(options.output) / f'{expert}-multiway'
    config.pretrained.expert = str(folder)
    config.loss.sync_gate = float('inf')
    config.loss.sync_weight = 0.005
  for optimizer in config.optimizer.values():
    optimizer.learning_rate = 3e-3
    optimizer.schedule, optimizer.warmup_steps = 'cosine', 20
  if 'discriminator' in config.optimizer:
    # A quarter of the generator's: a young judge that wins teaches nothing.
    config.optimizer.discriminator.learning_rate = 7e-4
  config.ema.decay = 0.98
  return config


def check(options: Any) -> None:
  """Raises ValueError unless every network can be built with these options."""
  if not 1 <= options.share <= _MOST_SHARE:
    raise ValueError(f'--share is 1 to {_MOST_SHARE}, not {options.share}.')
  configs = [
    *[expert_config(name, OBJECTIVES[0], options) for name in EXPERTS],
    *[generator_config(name, options) for name in GENERATORS],
  ]
  for config in configs:
    common.allow_pretrained(config)  # Nothing is trained yet.
    for spec in specs.from_config(config).values():
      networks.variable_shapes(networks.make(spec))


def _config(file: str, options: Any) -> Any:
  module, _, variant = file.partition(':')
  config = importlib.import_module(f'configs.{module}').get_config(variant)
  config.data.directory = str(options.data)
  config.image_size = options.image_size
  config.seed = options.seed
  config.batch_size = _CLIPS
  config.eval_batches = 1
  for network in config.networks.values():
    network.width //= options.share
  return config
