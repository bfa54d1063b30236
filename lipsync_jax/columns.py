"""Tables for a terminal."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> str:
  """Rows of cells below each other, two spaces between the columns."""
  widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
  return '\n'.join(
    '  '.join(
      f'{cell:{width}}' for cell, width in zip(row, widths, strict=True)
    ).rstrip()
    for row in rows
  )
