"""Which of several faces speaks, and how far sounds are from their lips."""

import collections
from collections.abc import Iterator, Sequence

FACES = ('speaking', 'largest', 'all')


def rivals(tracks: Sequence[dict], faces: str) -> Iterator[tuple[dict, str]]:
  """The tracks of a shot that have to go, each with the reason.

  Args:
    tracks: rows of one shot; those with a 'reason' are dropped already.
    faces: one of `FACES`. Who speaks is told by the confidence, and where
      nothing was measured, by size and time.
  """
  if faces == 'all':
    return
  if faces == 'speaking' and any('offset' in row for row in tracks):
    reason = 'another face speaks'
    # Also a face that is too blurred to be kept may be the one that speaks, but
    # a glimpse of one tells nothing.
    order = sorted(
      (r for r in tracks if 'offset' in r and r['stage'] != 'track'),
      key=_certainty,
      reverse=True,
    )
  else:
    reason = 'a larger face is in the shot'
    order = sorted(
      (row for row in tracks if not row['reason']),
      key=lambda row: -row['face_size'] * (row['end'] - row['start']),
    )
  taken: list[dict] = []
  for row in order:
    if any(_together(row, other) for other in taken):
      yield row, reason
    else:
      taken.append(row)


def offsets(rows: Sequence[dict]) -> list[int]:
  """By how many frames the sound of each row leads; 0 if it is not known.

  A file's sound is usually late or early throughout, and a short track's offset
  is often found one frame off. So a track whose offset is next to the one that
  most of its file's confidence is for has that one.
  """
  votes = collections.defaultdict(collections.Counter)
  for row in rows:
    if 'offset' in row:
      votes[row['path']][row['offset']] += row['confidence']
  found = []
  for row in rows:
    mine = row.get('offset', 0)
    of_file = votes[row['path']] or {mine: 0.0}
    most = max(of_file, key=lambda offset: (of_file[offset], -abs(offset)))
    found.append(most if abs(mine - most) <= 1 and 'offset' in row else mine)
  return found


def _certainty(row: dict) -> float:
  """The confidence against that of chance, which falls with the length."""
  frames = sum(piece['frames'] for piece in row['pieces'])
  return row['confidence'] * frames**0.5


def _together(a: dict, b: dict) -> bool:
  """Whether two tracks share most of the shorter one's time."""
  shared = min(a['end'], b['end']) - max(a['start'], b['start'])
  shorter = min(a['end'] - a['start'], b['end'] - b['start'])
  return shared > 0.5 * shorter
