"""Pieces of the pages that the preparation writes."""

import base64
import html
from collections.abc import Container, Iterable, Sequence

# Blue and orange of Okabe & Ito (2008), which colour-blind people tell apart.
KEPT, DROPPED = '#0072b2', '#e69f00'
STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 66em; margin: 2em auto;
  padding: 0 1em; color: #222; }
h2 { margin: 2em 0 .5em; } h3 { margin: 1.2em 0 .3em; }
table { border-collapse: collapse; }
td, th { padding: .2em .8em; text-align: left; vertical-align: top;
  border-bottom: 1px solid #ddd; }
th { background: #fff; vertical-align: bottom; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
td.n { white-space: nowrap; }
.name { overflow-wrap: anywhere; }
.say, .warn { padding: .6em 1em; border-left: 6px solid KEPT;
  background: #eef5fa; overflow-wrap: anywhere; }
.warn { border-color: DROPPED; background: #fdf3df; }
.tiles { display: flex; flex-wrap: wrap; gap: .8em; }
.tiles div { flex: 1 0 7em; padding: .6em 1em; background: #f3f3f3; }
.tiles b { display: block; font-size: 1.6em; line-height: 1.3;
  white-space: nowrap; }
.plots { display: grid; gap: 1em;
  grid-template-columns: repeat(auto-fill, minmax(min(24em, 100%), 1fr)); }
.plots img { width: 100%; }
.sheet { display: grid; gap: .8em .6em;
  grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); }
figure { margin: 0; font-size: 11px; line-height: 1.3; }
figure img { display: block; margin-bottom: 2px; }
figcaption .name { display: block; font-weight: 600; }
.scroll { max-height: 36em; overflow: auto; border: 1px solid #ddd; }
.scroll th { position: sticky; top: 0; }
.videos { font-size: 14px; width: 100%; }
.videos small { color: #666; display: block; }
.speakers { width: 100%; } .speakers td:last-child { width: 45%; }
.speakers i { display: block; height: 1em; margin-top: .3em;
  background: KEPT; }
.side { display: flex; flex-wrap: wrap; gap: 0 3em; align-items: start; }
.note { color: #555; }
""".replace('KEPT', KEPT).replace('DROPPED', DROPPED)
_CONTROLS = dict.fromkeys([*range(32), *range(127, 160)], '?')


def text(value) -> str:
  """Any text, such as the name of a file, for use in HTML and its attributes.

  Bytes that are no UTF-8 and control characters become question marks.
  """
  plain = str(value).encode('utf-8', 'replace').decode()
  return html.escape(plain.translate(_CONTROLS))


def name(value) -> str:
  """A name, which may be long and have no spaces, as HTML."""
  return f'<span class="name">{text(value)}</span>'


def table(
  kind: str,
  head: Sequence[str],
  rows: Iterable[Iterable[str]],
  *,
  numbers: Container[int] = (),
) -> str:
  """A table.

  Args:
    kind: its class.
    head: titles of the columns, as HTML.
    rows: cells, as HTML.
    numbers: columns that are set to the right.
  """
  aligned = [' class="n"' if k in numbers else '' for k in range(len(head))]

  def line(tag: str, cells: Iterable[str]) -> str:
    pairs = zip(aligned, cells, strict=True)
    return '<tr>' + ''.join(f'<{tag}{align}>{cell}' for align, cell in pairs)

  body = ''.join('\n' + line('td', row) for row in rows)
  return (
    f'<table class="{kind}"><thead>{line("th", head)}<tbody>{body}\n</table>'
  )


def image(data: bytes, kind: str) -> str:
  """An address that is the picture itself."""
  return f'data:image/{kind};base64,{base64.b64encode(data).decode()}'


def durations(seconds: Sequence[float]) -> list[str]:
  """Times in the one unit that suits the longest."""
  longest = max(seconds, default=0)
  if longest < 120:
    return [f'{value:.0f} s' for value in seconds]
  if longest < 7200:
    return [f'{value / 60:.1f} min' for value in seconds]
  return [f'{value / 3600:.1f} h' for value in seconds]


def duration(seconds: float) -> str:
  return durations([seconds])[0]


def clock(seconds: float) -> str:
  """A time in a video, such as 1:02:03.4 or 2:03.4."""
  tenths = round(seconds * 10)
  hours, minutes = tenths // 36000, tenths // 600 % 60
  rest = f'{tenths % 600 / 10:04.1f}'
  return f'{hours}:{minutes:02}:{rest}' if hours else f'{minutes}:{rest}'


def signed(offset: float) -> str:
  """An offset in frames with its sign."""
  value = round(offset, 1)
  return f'{value:+g}' if value else '0'
