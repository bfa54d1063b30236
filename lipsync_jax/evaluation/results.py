"""All that a benchmark found, and everything it depends on."""

from collections.abc import Mapping, Sequence
from typing import Any

from lipsync_jax.evaluation import catalogue, summary, work
from lipsync_jax.evaluation import items as items_lib


def make(
  bench: work.Bench,
  todo: Mapping[str, Sequence[items_lib.Item]],
  systems: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
  """What is written: plain values, the same for the same work.

  Args:
    bench: with its identity.
    todo: what was done.
    systems: row -> what is said of its weights.

  Returns:
    'protocol', 'identity', 'systems', 'judges' (None: not at hand), 'rows' of
    the tables and 'clips'.
  """
  clips = summary.collect(bench.folder, bench.identity, todo)
  protocol = bench.protocol
  return {
    'protocol': {
      'name': protocol.name,
      'about': protocol.about,
      'fingerprint': protocol.fingerprint,
      'pairs': [vars(pair) for pair in protocol.pairs],
      'generate': vars(protocol.generate),
      'measure': vars(protocol.measure),
    },
    'identity': bench.identity,
    'systems': {row: dict(about) for row, about in systems.items()},
    'judges': bench.judges.described(),
    'rows': summary.tables(clips, bench.folder),
    'clips': clips,
  }


def notes(results: Mapping[str, Any]) -> list[str]:
  """What a reader of the tables has to know, one line each."""
  identity, protocol = results['identity'], results['protocol']
  measure, generate = protocol['measure'], protocol['generate']
  found = [
    f'Protocol {protocol["name"]} ({protocol["fingerprint"]}), lipsync_jax '
    f'{identity["version"]}: {len(protocol["pairs"])} pairs, read at 25 frames '
    f'a second; faces are squares of {measure["size"]} px (convention '
    f'{identity["face_crop"]}), found by {identity["detector"]} in the source '
    'and used in every row; mouths are their lower halves.',
    f'All rows but {items_lib.GROUND_TRUTH!r} (the files as they are) are '
    f'H.264 of crf {generate["crf"]}; {items_lib.UNMODIFIED!r} is the same '
    'picture with the given sound. Where the video is shorter than the sound: '
    f'{generate["fit"]}.',
  ]
  for row, about in results['systems'].items():
    found.append(
      f'{row}: run {about["run"]}, step {about["step"]}, weights '
      f'{identity["systems"][row]}.'
    )
  found += [about['says'] for about in results['judges'].values()]
  if unread := sum('lse_error' in clip for clip in results['clips']):
    found.append(
      f'{unread} clips have no SyncNet distance and are in no mean of it '
      '(lse_error in clips.csv says why).'
    )
  return found


def title(results: Mapping[str, Any], name: str) -> str:
  """Head of a measure's column: LSE only where the weights are the field's."""
  published = results['judges']['syncnet'].get('published')
  named = {'distance': 'LSE-D', 'lse_confidence': 'LSE-C'}
  if published and name in named:
    return named[name]
  return catalogue.ENTRIES[name].title
