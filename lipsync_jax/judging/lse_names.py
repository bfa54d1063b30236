"""What the numbers of an expert may be called, and what to say beside them.

LSE-D and LSE-C are the published SyncNet v2's; with other weights the same
formulas give other numbers, which must not be taken for them.
"""

from collections.abc import Mapping
from typing import Any

from lipsync_jax.judging import measure

# The name in git of syncnet_v2.model: the same in three unrelated public
# repositories that keep the file.
PUBLISHED_BLOB = 'd714bbf3b30324ced69e3815fc41ae6dc519303c'


def is_published(description: Mapping[str, Any]) -> bool:
  """Whether a checkpoint holds the published SyncNet v2, byte for byte.

  Args:
    description: of the checkpoint, see `networks.load`.
  """
  return _blob(description) == PUBLISHED_BLOB and _is_syncnet(description)


def names(description: Mapping[str, Any]) -> tuple[str, str]:
  """What the least distance and the confidence are called."""
  if is_published(description):
    return 'LSE-D', 'LSE-C'
  return 'distance', 'confidence'


def notes(judge: measure.Judge) -> list[str]:
  """What a reader of the numbers must know of the expert; sentences."""
  description = judge.description
  if is_published(description):
    return [
      'The weights are the published SyncNet v2, so the numbers are called '
      'LSE-D and LSE-C.'
    ]
  found = [
    'The numbers are called distance and confidence: LSE-D and LSE-C are the '
    f"published SyncNet v2's (syncnet_v2.model), and {_why(description)}."
  ]
  if judge.unit:
    found.append(
      'Its embeddings have length one, and beyond the ends of a clip the '
      'original compares with zeros: at distance 1 they are nearer than most '
      'sounds and draw the offset to the ends. tools.sync measure without '
      '--compat leaves those positions out.'
    )
  return found


def _why(description: Mapping[str, Any]) -> str:
  if not _is_syncnet(description):
    return 'this expert is another network'
  if not _blob(description):
    return (
      'this SyncNet does not say of which file it was made; if it is that one, '
      'import it again with tools.convert_checkpoint'
    )
  return 'this SyncNet was made of another file'


def _is_syncnet(description: Mapping[str, Any]) -> bool:
  spec = description.get('networks', {}).get('expert', {})
  return spec.get('module') == 'syncnet.SyncNet'


def _blob(description: Mapping[str, Any]) -> str:
  digests = description.get('data', {}).get('source_digests', {})
  return digests.get('git_blob', '')
