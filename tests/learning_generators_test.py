"""Every generator learns to draw, from every expert it may listen to."""

import learning
import pytest

pytestmark = pytest.mark.usefixtures('quick_compilation')


@pytest.fixture(scope='module')
def experts(people, tmp_path_factory):
  """Workdirs of hardly trained experts, by the config they are of."""
  found = {}

  def get(name):
    if name not in found:
      folder = tmp_path_factory.mktemp('expert')
      config = learning.make_config(name, people, steps=2, rate=1e-3)
      learning.learn(config, folder)
      found[name] = folder
    return found[name]

  return get


@pytest.mark.parametrize(
  ('name', 'expert', 'rate'),
  [
    ('speech2vid', None, 1e-3),
    ('speech2vid:five', None, 1e-3),
    ('lipgan', None, 1e-3),
    ('wav2lip', 'expert', 3e-3),
    ('lstm_cbam:generator', 'lstm_cbam', 3e-3),
  ],
)
def test_generators_learn_to_draw(
  name, expert, rate, people, experts, tmp_path
):
  config = learning.make_config(
    name, people, steps=40, rate=rate, expert=expert and experts(expert)
  )
  rows, found = learning.learn(config, tmp_path)
  assert learning.fall(rows, 'l1') < 0.6
  assert found['l1'] < 0.2
  pictures = list(tmp_path.glob('samples/*.png'))
  assert pictures
