"""What devices tell each other in a step, read in the compiled program.

XLA's CPU backend puts neighbouring all-reduces together where it likes, but not
all of them, so what is counted is what they carry: every kernel's gradient
once, BatchNorm's sums, and scalars. Nothing else moves.
"""

import math
from collections import Counter

import jax
import pytest
import small_steps

from tools import collectives

pytestmark = pytest.mark.usefixtures('quick_compilation')

_DEVICES = 4


@pytest.fixture(scope='module', params=['expert', 'wav2lip:gan'])
def compiled(request):
  """Shapes by collective, and the task, its parameters and statistics."""
  name = request.param
  task = small_steps.make_task(name)
  batch = small_steps.make_batch(name, 8)
  step, state, put = small_steps.make_step(task, batch, devices=_DEVICES)
  program = step.lower(state, put(batch)).compile().as_text()
  return name, task, collectives.moved(program), state


def test_every_gradient_is_reduced_once(compiled):
  _, task, found, state = compiled
  trained = jax.tree.leaves([state.params[name] for name in task.trained])
  # A transposed convolution's is reduced before it is transposed.
  kernels = Counter(tuple(sorted(x.shape)) for x in trained if x.ndim == 4)
  reduced = Counter(
    tuple(sorted(shape)) for shape in found['all-reduce'] if len(shape) == 4
  )
  assert reduced == kernels


def test_all_reduces_carry_gradients_batchnorm_and_scalars(compiled):
  name, task, found, state = compiled
  total = sum(math.prod(shape) for shape in found['all-reduce'])
  gradients = count([state.params[name] for name in task.trained])
  # Forward two sums a channel, as many as there are running statistics; back
  # three, of which two are the gradients of its scale and offset.
  statistics = count([state.model_state.get(name, {}) for name in task.trained])
  least = gradients + statistics
  # Matching adds the gradients of 32 sounds' embeddings (8 numbers each), and
  # the greatest and the sum of every sound's logits. Else scalars.
  others = 16 + (32 * 8 + 3 * 32 if name == 'expert' else 0)
  assert least <= total <= least + statistics // 2 + others


def test_no_activation_changes_its_device(compiled):
  name, _, found, _ = compiled
  assert set(found) <= {'all-reduce', 'all-gather'}
  gathered = found.get('all-gather', [])
  if name == 'expert':
    # All pairs of 32 windows are compared, to tell how often it is right: their
    # embeddings, clips and starts are known everywhere.
    assert {tuple(sorted(s)) for s in gathered} <= {(32,), (8, 32)}
    assert len(gathered) <= 5
  else:
    assert not gathered


def count(tree):
  return sum(x.size for x in jax.tree.leaves(tree))
