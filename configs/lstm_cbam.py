"""The LSTM-CBAM expert (Hong & Zhang, 2023), and a generator that hears it.

python -m lipsync_jax.main --config=configs/lstm_cbam.py \
  --workdir=runs/lstm_cbam --config.data.directory=DIR
python -m lipsync_jax.main --config=configs/lstm_cbam.py:generator \
  --workdir=runs/lstm_cbam_generator --config.data.directory=DIR \
  --config.pretrained.expert=runs/lstm_cbam

`:no_lstm`, `:no_cbam` and `:plain` (neither) are the paper's ablations. The
expert learns as configs/expert.py's does; `--config.loss.objective=cosine_bce`
is the paper's loss. The generator is Wav2Lip's, with the paper's weights, 0.99
L1 and 0.01 sync, of which the paper gives the names only.
"""

from configs import common, expert, wav2lip

# Whether they have the LSTM and the attention.
VARIANTS = {
  'no_lstm': (False, True),
  'no_cbam': (True, False),
  'plain': (False, False),
}


def get_config(variant: str = ''):
  common.check_variant('lstm_cbam', variant, 'generator', *VARIANTS)
  if variant == 'generator':
    config = wav2lip.get_config()
    config.networks.expert = dict(module='lstm_cbam.Expert', width=32)
    config.loss.sync_weight = 0.01
    return config
  config = expert.get_config()
  use_lstm, use_cbam = VARIANTS.get(variant, (True, True))
  config.networks.expert = dict(
    module='lstm_cbam.Expert',
    width=32,
    use_lstm=use_lstm,
    use_cbam=use_cbam,
    lstm_position='first',  # or 'post'
    bidirectional=False,
    reduction=16,
    # Of CBAM's running statistics, the authors'; 0.9 for runs of few hundred
    # steps, which end before such an average has forgotten its beginning.
    momentum=0.99,
  )
  return config
