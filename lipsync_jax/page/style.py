"""The page's looks: only fonts that are on the visitor's machine."""

FONTS = (
  'system-ui',
  '-apple-system',
  'Segoe UI',
  'Roboto',
  'Helvetica Neue',
  'Arial',
  'sans-serif',
)
MONOSPACE = ('ui-monospace', 'Menlo', 'Consolas', 'monospace')

CSS = """
.gradio-container { max-width: 100vw !important; overflow: clip !important; }
.gradio-container main { max-width: 1180px !important; width: 100%;
  margin: 0 auto !important; }
#head h1 { font-size: 1.7rem; margin: .2rem 0 .1rem; }
#head p { margin: 0; }
#head p, .facts span, .empty, table.report th {
  color: var(--body-text-color); opacity: .75; }
.step { display: flex; align-items: center; gap: .6rem; }
#left { gap: .7rem; }
.html-container { padding: 0 !important; }
#person:not(:has(.note)) { display: none; }
.step b { flex: none; width: 1.6rem; height: 1.6rem; border-radius: 50%;
  display: grid; place-items: center; font-size: .9rem; color: #fff;
  background: var(--primary-600); }
.step h2 { font-size: 1.1rem; margin: 0; }
.note { padding: .6rem .8rem; border-radius: var(--radius-lg); margin: .2rem 0;
  border-left: 4px solid var(--primary-500); overflow-wrap: anywhere;
  background: var(--background-fill-secondary); }
.note.good { border-color: #16a34a; }
.note.bad { border-color: #dc2626; }
.empty { display: grid; place-items: center; min-height: 260px; padding: 1rem;
  text-align: center;
  border: 2px dashed var(--border-color-primary);
  border-radius: var(--radius-lg); }
.progress .facts { display: flex; justify-content: space-between; gap: 1rem;
  flex-wrap: wrap; font-variant-numeric: tabular-nums; margin-bottom: .4rem; }
.progress img { display: block; margin: .8rem auto 0; max-width: 100%;
  max-height: 50vh; border-radius: var(--radius-lg); }
.bar { height: .7rem; border-radius: 1rem; overflow: hidden;
  background: var(--border-color-primary); }
.bar i { display: block; height: 100%; border-radius: 1rem;
  background: var(--primary-600); transition: width .4s linear; }
.bar.moving i { width: 30% !important; animation: pass 1.4s infinite linear; }
@keyframes pass { from { margin-left: -30%; } to { margin-left: 100%; } }
@media (prefers-reduced-motion: reduce) { .bar.moving i { animation: none; } }
table.report { width: 100%; border-collapse: collapse; margin: 0 0 .6rem;
  border: 0 !important; font-variant-numeric: tabular-nums; }
table.report caption { text-align: left; font-weight: 600; padding: .2rem 0; }
table.report tr, table.report th, table.report td { text-align: left;
  padding: .35rem .5rem; vertical-align: top; background: none !important;
  border: 0 !important;
  border-bottom: 1px solid var(--border-color-primary) !important; }
table.report th { font-weight: 500; }
table.report th[scope=row] { width: 35%; }
#thumbnail img { cursor: pointer; max-height: 260px; object-fit: contain; }
#upload .wrap, #sound .upload-container, #sound .upload-container .wrap {
  min-height: 0; height: 128px; padding-top: 0; }
#thumbnail .icon-button-wrapper { display: none; }
@media (min-width: 900px) {
  #right { position: sticky; top: 1rem; align-self: flex-start; } }
"""
