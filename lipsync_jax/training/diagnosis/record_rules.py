"""What is wrong with the records: sync, sound, pictures, false pairs."""

from collections.abc import Iterator, Mapping
from typing import Any

# Shares from which on something is said. GRID's clips, as prepared, have: off
# 0.08 (in the ears of an expert of ours), silent 0.002, same 0.0, flat 0.0.
_OFF, _UNKNOWN, _SILENT, _SAME, _PICTURES = 0.15, 0.5, 0.3, 0.1, 0.3

Facts = Mapping[str, Any]
Rule = Iterator[tuple[str, str, str]]


def rules(facts: Facts) -> Rule:
  """(name, what it is, what to do), see `verdict.Finding`."""
  found, again = facts['records'], 'Look at the videos and prepare them again.'
  if found['not_finite']:
    yield (
      'not_finite_data',
      f'{found["not_finite"]} of {found["read"]} records have numbers in their '
      'sound that are none (nan, inf).',
      'Prepare them again; training skips batches that hold them.',
    )
  yield from _offsets(facts)
  if found['silent_windows'] > _SILENT:
    yield (
      'silence',
      f'{found["silent_windows"]:.0%} of the windows have no sound at all, '
      f'and {found["silent_records"]:.0%} of the records none anywhere: '
      'silence fits every mouth.',
      'Check the sound tracks, and leave silent videos out.',
    )
  if found['flat_windows'] > _PICTURES:
    yield (
      'black',
      f'{found["flat_windows"]:.0%} of the windows show nothing: contrasts '
      f'below 4 of 255 levels (the mean is {found["contrast"]:.0f}).',
      again,
    )
  elif found['still_windows'] > _PICTURES:
    yield (
      'still',
      f'In {found["still_windows"]:.0%} of the windows nothing moves.',
      'Leave still pictures out: no mouth can be told from them.',
    )
  if facts['damaged']:
    yield (
      'damaged',
      f'{facts["damaged"]} of the records that were read are damaged.',
      'Copy or prepare these shards again; training goes on without them.',
    )
  pairs = (facts['probe'] or {}).get('pairs')
  if pairs and pairs['same'] > _SAME and found['silent_windows'] <= _SILENT:
    yield (
      'same_pairs',
      f'{pairs["same"]:.0%} of the false pairs have the true sound, or that of '
      'a frame away: they are called false and are true.',
      'Check that clips are longer than a second and their sound is speech, no '
      'tone or loop; raise --config.data.max_shift or data.other_clip.',
    )


def _offsets(facts: Facts) -> Rule:
  found = facts['measured'] or facts['stored']
  if not found:
    return
  by = 'as measured now' if facts['measured'] else 'as stored in the records'
  rescore = f'python -m tools.prepare --rescore {facts["data"]} --expert RUN'
  if found['off'] > _OFF:
    yield (
      'offsets',
      f'The sound of {found["off"]:.0%} of the clips is off by more than a '
      f'frame ({by}: median {found["median"]:+.0f}, spread '
      f'{found["deviation"]:.1f} frames).',
      f'Move it into place: {rescore}, with an expert trained on other data.',
    )
  if facts['measured'] and found['unknown'] > _UNKNOWN:
    yield (
      'unrelated',
      f'In {found["unknown"]:.0%} of the clips no offset fits better than a '
      "wrong sound's would: their sound may belong to other pictures, the "
      'speaker may be off screen, or the expert may not know such faces.',
      f'{rescore} leaves them out; or ask another expert.',
    )
