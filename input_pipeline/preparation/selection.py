"""Which candidates become data: thresholds on what the manifest says of them.

Nothing is decoded or measured here, so it can be done again with others.
"""

import dataclasses
from collections.abc import Callable, Sequence

from input_pipeline import chunks
from input_pipeline.preparation import speakers

_DECISIONS = ('moved', 'chunks', 'seconds')


@dataclasses.dataclass(frozen=True)
class Thresholds:
  """What a track must have to be kept; what is not known passes.

  Attributes:
    faces: which of several faces in a shot: the one that 'speaking' (whose lips
      fit the sound best; without an expert the largest), the 'largest', 'all'.
    min_seconds: of the track.
    min_fps: of the file; below it lips move in steps.
    min_face: height of the face, pixels of the file.
    min_face_fraction: of the track's time that its face is found.
    min_detection_score: 0..1, of the detector that was used.
    min_sharpness: variance of the Laplacian, see `track_scores.sharpness`. GRID
      clips stored at 128 pixels have 36 to 146; blurred by 2 of these pixels
      (sigma) 4 to 7.
    max_yaw, max_pitch, max_roll: degrees, either way.
    min_speech: share of the time with a sound that may be speech.
    min_confidence: of the offset, on the expert's scale; None: what a sound
      that is not theirs reaches by chance, see `chance.Chance`.
    min_piece_confidence: by which a chunk's sound must fit better at the
      track's offset than at most others.
    max_shift: frames, either way; offsets up to this are corrected.
    move_sound: correct them; otherwise they are only limited.
  """

  faces: str = 'speaking'
  min_seconds: float = 1.0
  min_fps: float = 18.0
  min_face: float = 48.0
  min_face_fraction: float = 0.5
  min_detection_score: float = 0.0
  min_sharpness: float = 8.0
  max_yaw: float = 50.0
  max_pitch: float = 40.0
  max_roll: float = 45.0
  min_speech: float = 0.1
  min_confidence: float | None = None
  min_piece_confidence: float = 0.0
  max_shift: int = 6
  move_sound: bool = True

  def __post_init__(self):
    if self.faces not in speakers.FACES:
      raise ValueError(f'faces={self.faces!r} must be one of {speakers.FACES}.')
    if not 0 <= self.max_shift <= 15:
      raise ValueError(f'max_shift={self.max_shift} must be from 0 to 15.')


def select(
  rows: Sequence[dict],
  thresholds: Thresholds,
  *,
  chance: Callable[[int], float] | None = None,
) -> None:
  """Decides about every row: `kept`, or else `stage` and `reason`.

  Sets `moved` (frames by which the sound is to be moved) of those kept, and
  `dropped` of their pieces that are left out. Rows without a track stay as they
  are.

  Args:
    rows: of the manifest; changed.
    thresholds: see there.
    chance: the least confidence for a number of frames, used where
      `thresholds.min_confidence` is None; None: any confidence will do.
  """
  by_shot: dict[tuple, list[dict]] = {}
  for row in rows:
    if 'track' in row:
      _reset(row)
      by_shot.setdefault((row['path'], row['shot']), []).append(row)
  for tracks in by_shot.values():
    for row in tracks:
      _drop(row, *_quality(row, thresholds))
    for row, reason in speakers.rivals(tracks, thresholds.faces):
      _drop(row, 'speaker', reason)
    for row in tracks:
      if not row['reason'] and 'offset' in row:
        _drop(row, 'sync', _sync(row, thresholds, chance))
      row['kept'] = not row['reason']
  kept = [row for row in rows if row['kept']]
  for row, offset in zip(kept, speakers.offsets(kept), strict=True):
    row['moved'] = offset if thresholds.move_sound else 0
    _drop(row, 'sync', _too_little(row))
    row['kept'] = not row['reason']


def _reset(row: dict) -> None:
  row.update(kept=False, stage='', reason='')
  for name in _DECISIONS:
    row.pop(name, None)
  for piece in row['pieces']:
    piece.pop('dropped', None)


def _drop(row: dict, stage: str, reason: str) -> None:
  if reason and not row['reason']:
    row['stage'], row['reason'] = stage, reason


def _quality(row: dict, limits: Thresholds) -> tuple[str, str]:
  """Stage and reason, ('', '') if the track is good enough."""
  seconds = row['end'] - row['start']
  if not row['pieces']:
    if row.get('too_small'):
      return 'track', f'the face is too small to be stored: {_size(row)}'
    return 'track', 'the face never stays for 0.6 s'
  # Written so that nan fails.
  if not seconds >= limits.min_seconds:
    return 'track', f'too short: {seconds:.2f} s'
  if not row['face_fraction'] >= limits.min_face_fraction:
    return 'track', f'the face is often lost: seen {row["face_fraction"]:.0%}'
  if not row['fps'] >= limits.min_fps:
    return 'quality', f'too few frames a second: {row["fps"]:g}'
  if not row['face_size'] >= limits.min_face:
    return 'quality', f'the face is too small: {_size(row)}'
  for name, word in (
    ('detection_score', 'the face is doubtful'),
    ('sharpness', 'the face is blurred'),
    ('speech', 'hardly any sound like speech'),
  ):
    least = getattr(limits, f'min_{name}')
    if name in row and not row[name] >= least:
      return 'quality', f'{word}: {name} {row[name]:g}'
  for name in ('yaw', 'pitch', 'roll'):
    most = getattr(limits, f'max_{name}')
    if row.get(name) is not None and not row[name] <= most:
      return 'quality', f'the face is turned away: {name} {row[name]:g} degrees'
  return '', ''


def _too_little(row: dict) -> str:
  """Why nothing is left of a track; marks the pieces of which nothing is."""
  lead = row['moved']
  for piece in row['pieces'] if lead else ():
    _, left = chunks.heard_part(
      piece['start'],
      piece['frames'],
      first=max(0, lead),
      end=row['sound_frames'] + lead,
    )
    if left < chunks.MIN_FRAMES:
      piece.setdefault('dropped', 'too little of it has sound in its place')
  if all('dropped' in piece for piece in row['pieces']):
    return 'too little is left with its sound in place'
  return ''


def _size(row: dict) -> str:
  return f'{row["face_size"]:.0f} pixels'


def _sync(row: dict, limits: Thresholds, chance) -> str:
  """Why a track is out of sync; marks pieces that are."""
  least = limits.min_confidence
  if least is None and chance is not None:
    least = chance(sum(piece['frames'] for piece in row['pieces']))
  # Written so that nan is too low.
  if least is not None and not row['confidence'] >= least:
    return (
      f'lips and sound do not fit: confidence {row["confidence"]:.3f}, below '
      f'{least:.3f}'
    )
  if not abs(row['offset']) <= limits.max_shift:
    word = 'early' if row['offset'] > 0 else 'late'
    return f'out of sync: sound {abs(row["offset"])} frames {word}'
  for piece in row['pieces']:
    if not piece['confidence'] >= limits.min_piece_confidence:
      piece['dropped'] = 'lips and sound do not fit here'
  if all('dropped' in piece for piece in row['pieces']):
    return 'lips and sound fit in no piece'
  return ''
