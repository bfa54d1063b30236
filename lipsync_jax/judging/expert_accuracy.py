"""How good an expert is, on clips in sync: offsets found, pairs told apart.

Everything is read from one embedding of every window. A clip is a record here:
at most 3 s; a longer one counts once for each.

Pairs are of a picture and a sound. A true pair has the same place in a clip. A
false one of the same clip has its sound 2 to 15 frames away, either way: all
there are, nothing is drawn (one frame away sounds alike and is neither). A
false pair of two clips has its sound from the clip before it in the split that
is another video, at all places within 15 frames. Pairs of more than 5 frames
are means as in VocaLiST's criterion (`metrics.offset_accuracy.centred_curve`).
"""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from input_pipeline import records
from lipsync_jax import networks
from lipsync_jax.judging import clips as clips_lib
from lipsync_jax.judging import measure
from lipsync_jax.metrics import offset_accuracy, pairs, sync

SPANS = offset_accuracy.SPANS
# Of each column of a curve, how many frames the sound is away.
_AWAY = np.abs(np.arange(2 * sync.MAX_OFFSET + 1) - sync.MAX_OFFSET)


class Clip(NamedTuple):
  """Embeddings of one record.

  Attributes:
    video: its clip id; records of one video share it.
    face: [n, d] float32 of its pictures.
    audio: [n, d] float32 of its sounds.
  """

  video: str
  face: np.ndarray
  audio: np.ndarray


def embed(
  judge: measure.Judge, source: Any, *, batch_size: int = 4
) -> list[Clip]:
  """Embeddings of every record of a split.

  Args:
    judge: the expert.
    source: records, by index.
    batch_size: records at a time.
  """
  network = networks.make(judge.description['networks']['expert'])
  run = jax.jit(functools.partial(clips_lib.embed, network))
  found = []
  for batch in clips_lib.expert_batches(
    source,
    image_size=judge.image_size,
    sound=judge.sound,
    batch_size=batch_size,
  ):
    rows = batch.rows
    face, audio = jax.device_get(
      run(judge.variables, rows['frames'], rows['sound'])
    )
    for i in np.flatnonzero(batch.mask):
      video = records.parse(source[int(batch.records[i])]).clip_id
      count = int(rows['length'][i]) - 4
      found.append(Clip(video, face[i, :count], audio[i, :count]))
  return found


def measure_clips(clips: Sequence[Clip], *, similarity: str) -> dict[str, Any]:
  """Every number and curve, JSON-able; shares are 0..1.

  Args:
    clips: from `embed`.
    similarity: see `sync.similarity_band`.

  Returns:
    clips, videos, windows: how many. offsets: by criterion ('in_place',
    'moved', see `metrics.offset_accuracy`) and span. clip: of whole clips, the
    share 'found' within one frame, exactly ('exact'), and mean 'confidence'.
    pairs: by kind ('same_clip', 'two_clips'; absent where there are none) and
    span, see `metrics.pairs.tell_apart`; halves are of videos. histogram: of
    pairs of 5 frames: 'edges', then shares of 'true' and of each kind. Scores
    are similarities; distances are negative.

  Raises:
    ValueError: there is no clip.
  """
  if not clips:
    raise ValueError('There is no clip to judge by.')
  found = [_judge(clips, k, similarity) for k in range(len(clips))]
  videos = {v: i for i, v in enumerate(dict.fromkeys(c.video for c in clips))}
  owner = np.array([videos[clip.video] for clip in clips])
  result = {
    'similarity': similarity,
    'clips': len(clips),
    'videos': len(videos),
    'windows': sum(len(clip.face) for clip in clips),
    'offsets': {
      name: _by_span(np.array([f[name] for f in found]))
      for name in ('in_place', 'moved')
    },
    'clip': _whole([f['whole'] for f in found]),
  }
  return result | _pairs(found, owner)


def _pairs(found: Sequence[dict], owner: np.ndarray) -> dict[str, Any]:
  """'pairs' and 'histogram'."""
  told, spread = {}, {}
  for k, span in enumerate(SPANS):
    own = np.array([f['same_clip'][k] for f in found])
    kinds = {
      'same_clip': own[..., _AWAY > offset_accuracy.TOLERANCE],
      'two_clips': np.array([f['two_clips'][k] for f in found]),
    }
    true = _scored(own[..., _AWAY == 0], owner)
    for kind, curves in kinds.items():
      false = _scored(curves, owner)
      if not len(false.scores):
        continue
      told.setdefault(kind, {})[str(span)] = pairs.tell_apart(true, false)
      if span == SPANS[0]:
        spread |= {'true': true.scores, kind: false.scores}
  edges, shares = pairs.histogram(*spread.values())
  shares = dict(zip(spread, (s.tolist() for s in shares), strict=True))
  return {'pairs': told, 'histogram': {'edges': edges.tolist()} | shares}


def _scored(curves: np.ndarray, owner: np.ndarray) -> pairs.Scored:
  """Those that exist of curves [clips, n, s], and whose they are."""
  there = ~np.isnan(curves)
  whose = np.broadcast_to(owner[:, None, None], curves.shape)
  return pairs.Scored(curves[there], whose[there])


def _judge(clips: Sequence[Clip], k: int, similarity: str) -> dict[str, Any]:
  """What there is of clip k: shares found, and curves of pairs."""
  mine = clips[k]
  others = [clips[k - i] for i in range(1, len(clips))]
  other = next((c for c in others if c.video != mine.video), None)
  room = max(offset_accuracy.LEAST, *(len(clip.face) for clip in clips))

  strange = mine if other is None else other
  arrays = [
    np.pad(x, [(0, room - len(x)), (0, 0)])
    for x in (mine.face, mine.audio, strange.audio)
  ]
  counts = len(mine.face), min(len(mine.face), len(strange.audio))
  found = jax.device_get(_judge_arrays(*arrays, *counts, similarity=similarity))
  if other is None:
    found['two_clips'] = np.full_like(found['two_clips'], np.nan)
  return found


@functools.partial(jax.jit, static_argnames='similarity')
def _judge_arrays(face, audio, strange, count, shared, *, similarity):
  band = functools.partial(sync.similarity_band, similarity=similarity)
  own, other = band(face, audio, count=count), band(face, strange, count=shared)
  curve = sync.offset_curve(own)

  def curves(band, count):
    centred = offset_accuracy.centred_curve
    return jnp.stack([centred(band, count, frames=s) for s in SPANS])

  return {
    'in_place': offset_accuracy.in_place(own, count),
    'moved': offset_accuracy.moved(face, audio, count, similarity=similarity),
    'whole': jnp.stack([sync.offsets(curve)[0], sync.confidences(curve)[0]]),
    'same_clip': curves(own, count),
    'two_clips': curves(other, shared),
  }


def _by_span(shares: np.ndarray) -> dict[str, float | None]:
  """Means over the clips that are long enough, [clips, spans] -> by span."""
  names = [*map(str, SPANS), 'clip']
  return {
    name: None if np.isnan(column).all() else float(np.nanmean(column))
    for name, column in zip(names, shares.astype(float).T, strict=False)
  }


def _whole(rows: Sequence[np.ndarray]) -> dict[str, float]:
  offsets, confidences = np.array(rows, float).T
  return {
    'found': float(np.mean(np.abs(offsets) <= offset_accuracy.TOLERANCE)),
    'exact': float(np.mean(offsets == 0)),
    'confidence': float(confidences.mean()),
  }
