"""The demo's report: one HTML page with curves, pictures and numbers."""

import base64
import html
import io
import pathlib
import platform

import jax
import matplotlib.figure

from lipsync_jax import metric_writer

# What the project asks of the demo: (name, value, at least / at most).
_GOALS = (
  (
    'Expert: offset within &plusmn;1 frame, whole clips of unseen people',
    lambda n: n['expert']['val/offset_accuracy_clip'],
    'at least 0.90',
  ),
  (
    'Dubbed mouth against the true opening of the given voice '
    '(mean correlation)',
    lambda n: n['given_voice'],
    'at least 0.7',
  ),
  (
    'Dubbed mouth against the opening of the original video',
    lambda n: n['original_video'],
    'between -0.2 and 0.2',
  ),
  (
    'The measure of opening against the truth, unedited frames',
    lambda n: n['measure'],
    'at least 0.9',
  ),
  (
    'Opening when dubbed with silence (0 shut, 1 the mean while speaking)',
    lambda n: n['silence'],
    'at most 0.15',
  ),
  (
    'The same when dubbed with the given voice',
    lambda n: n['speech'],
    'at least 0.3',
  ),
)

_STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; }
td, th { padding: .2em .8em; text-align: left; border-bottom: 1px solid #ddd; }
img, video { max-width: 100%; } img.pixels { image-rendering: pixelated; }
"""


def table(numbers: dict) -> str:
  """The numbers for a terminal."""
  lines = [
    f'{value(numbers):6.3f}  {name}  ({goal})' for name, value, goal in _GOALS
  ]
  return html.unescape('\n'.join(lines))


def write(workdir: pathlib.Path, numbers: dict) -> pathlib.Path:
  """Writes `workdir`/report.html, complete in itself but for the video."""
  samples = sorted((workdir / 'generator' / 'samples').glob('*.png'))[-1]
  rows = ''.join(
    f'<tr><td>{name}<td>{value(numbers):.3f}<td>{goal}'
    for name, value, goal in _GOALS
  )
  clips = ''.join(
    f'<tr><td>{c["video"]}<td>{c["voice"]}<td>{c["given_voice"]:.2f}'
    f'<td>{c["original_video"]:.2f}<td>{c["measure"]:.2f}<td>{c["edited"]:.0%}'
    f'<td>{c["silence"]:.2f}'
    for c in numbers['clips']
  )
  seconds = ''.join(
    f'<tr><td>{html.escape(k)}<td>{v:.0f} s'
    for k, v in numbers['seconds'].items()
  )
  page = f"""<!doctype html>
<meta charset="utf-8"><title>lipsync_jax demo</title>
<style>{_STYLE}</style>
<h1>lipsync_jax: the whole way on synthetic talkers</h1>
<p>{len(numbers['clips'])} clips of people that no network has seen, each dubbed
with the voice of another. The faces are drawn, the voices synthesized, the
networks a quarter as wide as the published ones and 48 pixels small: this shows
that the line works, not how good it can look.</p>
<table><tr><th>Measured<th>Value<th>Goal{rows}</table>
<p>Opening is measured from pixels: the share of dark in the middle of the
mouth, relative to the skin, frame by frame
(<code>input_pipeline.synthetic.measure_opening</code>).</p>
<h2>A dubbed clip</h2>
<video src="dubbed.mp4" controls loop width="384"></video>
<p><a href="evaluated/report.html">The benchmark's report</a> has sync, picture
and silence of six more people, drawn for it alone.</p>
<h2>Frames</h2>
<p>From top: reference, masked input, generated, truth; unseen people.</p>
<img class="pixels" width="768" src="{_png(samples.read_bytes())}">
<h2>Training</h2>
<img src="{_png(_curves(workdir))}">
<h2>Clips</h2>
<table><tr><th>Video<th>Voice<th>r given voice<th>r original<th>r of the
measure<th>edited<th>open in silence{clips}</table>
<h2>Time</h2>
<table>{seconds}</table>
<p>On {html.escape(platform.machine())}, {html.escape(str(jax.devices()[0]))},
JAX {jax.__version__}.</p>
"""
  path = workdir / 'report.html'
  path.write_text(page, encoding='utf-8')
  return path


def _png(data: bytes) -> str:
  return f'data:image/png;base64,{base64.b64encode(data).decode()}'


def _curves(workdir: pathlib.Path) -> bytes:
  """Losses and accuracies over steps, as a PNG."""
  figure = matplotlib.figure.Figure(figsize=(10, 6), layout='constrained')
  axes = figure.subplots(2, 2)
  plots = (
    (axes[0, 0], 'expert', ('train/loss', 'val/loss'), 'Expert: loss'),
    (
      axes[0, 1],
      'expert',
      ('train/accuracy', 'val/offset_accuracy_5', 'val/offset_accuracy_15'),
      'Expert: accuracy',
    ),
    (axes[1, 0], 'generator', ('train/l1', 'val/l1'), 'Generator: L1'),
    (axes[1, 1], 'generator', ('train/sync', 'val/sync'), 'Generator: sync'),
  )
  for axis, run, names, title in plots:
    rows = metric_writer.read(workdir / run / 'metrics.jsonl')
    for name in names:
      points = [(r['step'], r[name]) for r in rows if name in r]
      axis.plot(*zip(*points, strict=True), '.-', label=name)
    axis.set(title=title, xlabel='step')
    axis.grid(alpha=0.3)
    axis.legend()
  buffer = io.BytesIO()
  figure.savefig(buffer, format='png', dpi=110)
  return buffer.getvalue()
