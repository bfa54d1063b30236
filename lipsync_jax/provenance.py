"""What travels with weights and whatever comes of them: licences above all."""

from collections.abc import Iterable, Mapping
from typing import Any


def licences(data: Mapping[str, Any]) -> list[str]:
  """Those that a data set's metadata, or a checkpoint's 'data', names."""
  named = [*data.get('licences', []), data.get('licence')]
  return list(dict.fromkeys(filter(None, named)))


def all_licences(sources: Iterable[Mapping[str, Any]]) -> list[str]:
  """Those of several, each once."""
  return list(
    dict.fromkeys(name for source in sources for name in licences(source))
  )


def of_training(description: Mapping[str, Any], name: str) -> Any:
  """An 'objective', a 'margin'...: beside the networks, or in the config alone.

  None: neither says it.
  """
  found = description.get(name)
  loss = description.get('config', {}).get('loss', {})
  return loss.get(name) if found is None else found


def of_run(description: dict[str, Any]) -> dict[str, Any]:
  """What of a checkpoint's description goes with weights that are given out."""
  data = description['data']
  found = {
    'reference_alignment': description.get('reference_alignment', False),
    'objective': of_training(description, 'objective'),
    'log_scale': description.get('log_scale'),
    'margin': of_training(description, 'margin'),
    'data': {
      'licences': licences(data),
      **{k: data[k] for k in ('face_crop', 'size') if k in data},
    },
  }
  return {k: v for k, v in found.items() if v is not None}
