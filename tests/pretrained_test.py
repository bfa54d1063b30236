"""What other runs say of their networks."""

import pytest

from configs import lip_reading
from input_pipeline import labels
from lipsync_jax import checkpoint, pretrained


@pytest.mark.parametrize(
  ('description', 'expected'),
  [
    ({'objective': 'multiway'}, 'matching'),
    ({'objective': 'contrastive', 'config': {}}, 'contrastive'),
    # Written before descriptions had an 'objective'.
    ({'config': {'loss': {'objective': 'multiway'}}}, 'matching'),
    ({'config': {'loss': {'objective': 'cosine_bce'}}}, 'cosine_bce'),
  ],
)
def test_an_expert_is_listened_to_as_it_was_trained(
  monkeypatch, description, expected
):
  monkeypatch.setattr(checkpoint, 'describe', lambda workdir: description)
  assert pretrained.sync_loss('somewhere') == expected


def test_without_an_expert():
  assert pretrained.sync_loss(None) == 'matching'


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
