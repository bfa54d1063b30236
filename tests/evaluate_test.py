"""Offsets must be found where they are, not where they usually are."""

import jax.numpy as jnp
import matching
import numpy as np
import pytest

from input_pipeline import evaluation, records, windows
from lipsync_jax.judging import clips, evaluate
from lipsync_jax.metrics.offset_accuracy import SPANS

pytestmark = pytest.mark.usefixtures('quick_compilation')


def unit_vectors(rng, count):
  x = rng.normal(size=(count, 16))
  return jnp.float32(x / np.linalg.norm(x, axis=-1, keepdims=True))


def test_embeddings_that_agree_are_found_at_every_shift(rng):
  face = unit_vectors(rng, 71)
  clip = evaluate.clip_sync(face, face)
  assert clip.offset == 0 and clip.confidence > 0.5
  assert clip.found == {None: 1.0, **dict.fromkeys(SPANS, 1.0)}


def test_sound_that_starts_late_is_found_late_and_counted_wrong(rng):
  face = unit_vectors(rng, 71)
  clip = evaluate.clip_sync(face, jnp.roll(face, 3, axis=0))
  assert clip.offset == -3
  assert clip.found[None] == 0


def test_short_clips_are_judged_by_what_fits(rng):
  face = unit_vectors(rng, 10)
  found = evaluate.clip_sync(face, face).found
  assert found == {None: 1.0, **dict.fromkeys((5, 7, 9, 11, 13), 1.0)}


def test_means_are_of_the_rows_that_count():
  batches = [
    evaluation.Batch({}, np.array(mask), np.zeros(3, int))
    for mask in ([True] * 3, [True, False, False])
  ]
  values = iter([jnp.float32(3 * 0.5), jnp.float32(0.1)])
  found = evaluate.mean_metrics(lambda _: {'loss': next(values)}, batches)
  assert found == {'loss': pytest.approx(1.6 / 4)}


@pytest.mark.parametrize('batch_size', [1, 2, 3])
def test_clips_of_any_length_are_embedded_as_they_are_alone(
  batch_size, counting_chunk
):
  """In batches, filled up: what is found is what one clip alone gives."""
  source = [
    records.encode(counting_chunk(num_frames=n, clip=f's/{n}.mp4'))
    for n in (40, 75, 20)
  ]
  network = matching.Expert()
  judge = clips.make_judge(network, 'cosine')
  batches = list(
    clips.expert_batches(
      source, image_size=16, sound='mel', batch_size=batch_size
    )
  )
  found = evaluate.of_clips(lambda batch: judge({}, batch.rows), batches)
  embed = evaluate.make_embed(network)
  for k, raw in enumerate(source):
    alone = evaluate.clip_sync(*embed({}, **windows.clip_example(raw, 16)))
    assert found['confidence'][k] == pytest.approx(alone.confidence)
    np.testing.assert_allclose(
      found['found'][k][~np.isnan(found['found'][k])],
      [alone.found[s] for s in (*SPANS, None) if s in alone.found],
    )
  face, audio = clips.embed(
    network, {}, *(jnp.asarray(batches[0].rows[k]) for k in ('frames', 'sound'))
  )
  alone = embed({}, **windows.clip_example(source[0], 16))
  np.testing.assert_array_equal(face[0, :36], alone[0])
  np.testing.assert_array_equal(audio[0, :36], alone[1])
