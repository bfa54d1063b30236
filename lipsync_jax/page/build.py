"""Layout of the page and its wiring; the only file that knows Gradio."""

import gradio as gr

from lipsync_jax.page import choosing, orders, running, sessions, style, views

THEME = gr.themes.Soft(font=style.FONTS, font_mono=style.MONOSPACE)
# Cameras' largest pictures are more than a browser can code as they come. Not
# mirrored: Gradio would call the FFmpeg command for it.
_CAMERA = gr.WebcamOptions(
  mirror=False,
  constraints={'video': {'width': {'ideal': 1280}, 'height': {'ideal': 720}}},
)
# No events for programs: those have `lipsync_jax.dub`.
_EVENT = {'api_visibility': 'private', 'show_progress': 'hidden'}
_DAY = 24 * 3600


def build(
  visitors: sessions.Sessions,
  people: choosing.Choosing,
  runs: running.Running,
  *,
  private: bool,
) -> gr.Blocks:
  """The page, not yet open.

  Args:
    visitors: whose folders are inside Gradio's ($GRADIO_TEMP_DIR), so that it
      serves their files without a copy.
    people, runs: the answers.
    private: only this computer can open it; says so.
  """
  # By age goes what a session's end does not catch; seconds.
  with gr.Blocks(
    title='lipsync_jax',
    analytics_enabled=False,
    fill_width=True,
    delete_cache=(3600, _DAY),
  ) as page:
    gr.HTML(views.head(private=private), elem_id='head')
    with gr.Row():
      with gr.Column(min_width=320, elem_id='left'):
        _person(people)
        _sound(runs)
        options = _options()
        with gr.Row():
          preview = gr.Button('Preview 3 seconds', elem_id='preview')
          start = gr.Button('Dub', variant='primary', elem_id='dub')
      with gr.Column(min_width=320, elem_id='right'):
        shown = _result(runs)
    shown = [preview, start, *shown]
    seconds = running.PREVIEW_SECONDS
    _wire(runs, preview, options, shown, preview=seconds)
    _wire(runs, start, options, shown, preview=None)

    def leave(request: gr.Request):
      visitors.end(request.session_hash)

    page.unload(leave)
  return page


def _person(people: choosing.Choosing) -> None:
  """The video or picture, and the choice of a face in it."""
  gr.HTML(views.step(1, 'Who speaks?'))
  camera = {'label': 'Camera', 'sources': ['webcam'], 'webcam_options': _CAMERA}
  with gr.Tabs():
    with gr.Tab('Upload'):
      upload = gr.File(
        label='Video or picture',
        file_types=['video', 'image'],
        height=128,
        elem_id='upload',
      )
    with gr.Tab('Record'):
      # Without sound, the FFmpeg command would be called too.
      record = gr.Video(elem_id='record', include_audio=True, **camera)
    with gr.Tab('Photo'):
      photo = gr.Image(elem_id='photo', **camera)
  note = gr.HTML(elem_id='person')
  picture = gr.Image(
    show_label=False, visible=False, buttons=[], elem_id='thumbnail'
  )
  face = gr.Radio(label='Who shall speak?', visible=False, elem_id='faces')

  def add(payload: dict | None, request: gr.Request):
    person = people.add(request.session_hash, payload and payload['path'])
    several = person.faces > 1
    choices = [(f'Face {n + 1}', n) for n in range(person.faces)]
    return (
      person.note,
      gr.update(value=person.picture, visible=person.picture is not None),
      gr.update(choices=choices, value=person.chosen, visible=several),
    )

  def click(event: gr.SelectData, request: gr.Request):
    index = people.click(request.session_hash, *map(float, event.index))
    return index, people.choose(request.session_hash, index)

  def choose(index: int | None, request: gr.Request):
    return people.choose(request.session_hash, index)

  for source in (upload, record, photo):
    # Not preprocessed: the file as it came, whatever Pillow thinks of it.
    source.change(
      add, source, [note, picture, face], preprocess=False, **_EVENT
    )
  picture.select(click, None, [face, picture], **_EVENT)
  face.input(choose, face, picture, **_EVENT)


def _sound(runs: running.Running) -> None:
  gr.HTML(views.step(2, 'What shall be said?'))
  audio = gr.Audio(label='Sound', buttons=[], elem_id='sound')

  def add(payload: dict | None, request: gr.Request):
    runs.sound(request.session_hash, payload and payload['path'])

  audio.change(add, audio, None, preprocess=False, **_EVENT)


def _options() -> list[gr.components.Component]:
  """Consent and what few people change."""
  gr.HTML(views.step(3, 'Did they agree?'))
  agreed = gr.Checkbox(label=orders.AGREED, elem_id='agreed')
  note = gr.Textbox(
    label='Who agreed, and how? (optional; kept in the report)',
    max_length=1000,
    elem_id='note',
  )
  with gr.Accordion('More options', open=False):
    shorter = 'A video that is shorter than the sound ...'
    fit = gr.Dropdown(orders.FITS, value='bounce', label=shorter)
    quality = gr.Dropdown(orders.QUALITIES, value=0, label='Quality')
  return [agreed, note, fit, quality]


def _result(runs: running.Running) -> list[gr.components.Component]:
  """Where a job is followed and its result is played."""
  hidden = {'visible': False}
  status = gr.HTML(views.EMPTY, elem_id='status')
  cancel = gr.Button('Cancel', variant='stop', elem_id='cancel', **hidden)
  video = gr.Video(label='Result', elem_id='result', **hidden)
  with gr.Row():
    kind = {'variant': 'primary', 'elem_id': 'save'}
    save = gr.DownloadButton('Download video', **kind, **hidden)
    report = gr.DownloadButton('Download report', elem_id='report', **hidden)
  summary = gr.HTML(elem_id='summary', **hidden)
  with gr.Accordion('Whole report', open=False, **hidden) as more:
    facts = gr.JSON(show_label=False, elem_id='facts')

  def stop(request: gr.Request):
    runs.cancel(request.session_hash)

  cancel.click(stop, queue=False, **_EVENT)
  return [status, cancel, video, save, report, summary, facts, more]


def _wire(
  runs: running.Running, button, options, shown, *, preview: float | None
) -> None:
  """Lets a button start a job that is followed in `shown`."""

  def run(agreed, note, fit, quality, request: gr.Request):
    for outcome in runs.run(
      request.session_hash,
      agreed=agreed,
      note=note,
      fit=fit,
      crf=quality or None,
      preview=preview,
    ):
      free = gr.update(interactive=not outcome.running)
      files = outcome.video, outcome.video, outcome.report, outcome.summary
      yield (
        free,
        free,
        outcome.status,
        gr.update(visible=outcome.running),
        *(gr.update(value=file, visible=file is not None) for file in files),
        outcome.facts,
        gr.update(visible=outcome.facts is not None),
      )

  # Jobs wait for one another in our own line, which says how long it is.
  button.click(run, options, shown, concurrency_limit=None, **_EVENT)
