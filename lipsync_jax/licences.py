"""Licences of footage and weights, which travel with whatever comes of them."""

from collections.abc import Iterable, Mapping
from typing import Any


def of(data: Mapping[str, Any]) -> list[str]:
  """Those that a data set's metadata, or a checkpoint's 'data', names."""
  named = [*data.get('licences', []), data.get('licence')]
  return list(dict.fromkeys(filter(None, named)))


def joined(sources: Iterable[Mapping[str, Any]]) -> list[str]:
  """Those of several, each once."""
  return list(dict.fromkeys(name for source in sources for name in of(source)))
