"""What other runs say of their networks."""

import pytest

from configs import lip_reading, wav2lip
from input_pipeline import labels
from lipsync_jax import checkpoint, pretrained, taught


@pytest.mark.parametrize(
  ('description', 'expected'),
  [
    ({'objective': 'multiway'}, {'sync_loss': 'matching'}),
    ({'objective': 'cosine_bce'}, {'sync_loss': 'cosine_bce'}),
    # A converted SyncNet has its margin beside it, a trained one in its config.
    (
      {'objective': 'contrastive', 'margin': 20.0, 'config': {}},
      {'sync_loss': 'contrastive', 'sync_margin': 20.0},
    ),
    (
      {'objective': 'contrastive', 'config': {'loss': {'margin': 1.0}}},
      {'sync_loss': 'contrastive', 'sync_margin': 1.0},
    ),
    # Written before descriptions had an 'objective'.
    (
      {'config': {'loss': {'objective': 'multiway'}}},
      {'sync_loss': 'matching'},
    ),
  ],
)
def test_an_expert_is_listened_to_as_it_was_trained(
  monkeypatch, description, expected
):
  monkeypatch.setattr(checkpoint, 'describe', lambda workdir: description)
  assert taught.sync_term('somewhere') == expected


def test_without_an_expert():
  assert taught.sync_term(None) == {'sync_loss': 'matching'}


def test_a_margin_that_is_not_known_is_said(monkeypatch):
  description = {'objective': 'contrastive', 'config': {}}
  monkeypatch.setattr(checkpoint, 'describe', lambda workdir: description)
  with pytest.raises(checkpoint.CheckpointError, match='convert its weights'):
    taught.sync_term('old')


def test_a_run_that_only_listened_to_its_expert_is_no_run_of_an_expert(
  monkeypatch,
):
  description = {'objective': None, 'config': {'loss': {'sync_weight': 0.01}}}
  monkeypatch.setattr(checkpoint, 'describe', lambda workdir: description)
  with pytest.raises(checkpoint.CheckpointError, match='run that trained it'):
    taught.sync_term('runs/wav2lip')


@pytest.mark.parametrize(
  ('stored', 'said'),
  [
    ({'reference_alignment': True}, 'config.data.reference_alignment=True'),
    ({'size': 48}, 'was trained for 48 px'),
    ({'module': 'lipgan.Generator'}, 'is lipgan.Generator, this config has'),
  ],
)
def test_a_generator_that_would_not_fit_is_refused(monkeypatch, stored, said):
  stored = {
    'reference_alignment': False,
    'size': 96,
    'module': 'wav2lip.Generator',
  } | stored
  description = stored | {
    'networks': {
      'generator': {
        'module': stored['module'],
        'image_size': stored['size'],
      }
    }
  }
  monkeypatch.setattr(checkpoint, 'describe', lambda workdir: description)
  with pytest.raises(ValueError, match=said):
    pretrained.stored_spec('generator', 'run', wav2lip.get_config())


@pytest.mark.parametrize('words', [('a', 'b'), ('a', 'c')])
def test_a_reader_of_other_words_is_refused(monkeypatch, words):
  spec = {'module': 'lip_reader.Reader', 'num_classes': [2]}
  description = {
    'networks': {'reader': spec},
    'labels': {'vocabulary': [['a', 'b']]},
  }
  monkeypatch.setattr(checkpoint, 'describe', lambda workdir: description)
  wanted = labels.Labels(lambda clip: None, ('word',), (words,), (0.5,))
  config = lip_reading.get_config()
  if words == ('a', 'b'):
    found = pretrained.stored_spec('reader', 'run', config, wanted)
    assert found == spec | {'dtype': 'float32'}
    return
  with pytest.raises(ValueError, match='reader of run has learnt other words'):
    pretrained.stored_spec('reader', 'run', config, wanted)
