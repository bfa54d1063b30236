"""What other runs say of their networks."""

import pytest

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
