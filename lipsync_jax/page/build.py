"""Layout of the page and its wiring; the only file that knows Gradio."""

import gradio as gr

from lipsync_jax.page import choosing, orders, running, sessions, style, views

THEME = gr.themes.Soft(
  font=[gr.themes.Font(name) for name in style.FONTS],
  font_mono=[gr.themes.Font(name) for name in style.MONOSPACE],
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
  with gr.Tabs():
    with gr.Tab('Upload'):
      upload = gr.File(
        label='Video or picture',
        file_types=['video', 'image'],
        height=128,
        elem_id='upload',
      )
    with gr.Tab('Record a video'):
      record = gr.Video(
        label='Camera',
        sources=['webcam'],
        include_audio=True,  # without, Gradio calls the FFmpeg command
        webcam_options=gr.WebcamOptions(mirror=False),
        elem_id='record',
      )
    with gr.Tab('Take a picture'):
      photo = gr.Image(
        label='Camera',
        sources=['webcam'],
        webcam_options=gr.WebcamOptions(mirror=False),
        elem_id='photo',
      )
  note = gr.HTML(elem_id='person')
  picture = gr.Image(
    show_label=False,
    visible=False,
    interactive=False,
    buttons=[],
    elem_id='thumbnail',
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
  audio = gr.Audio(
    label='Sound',
    sources=['upload', 'microphone'],
    buttons=[],
    elem_id='sound',
  )

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
    fit = gr.Dropdown(
      orders.FITS,
      value='bounce',
      label='A video that is shorter than the sound ...',
      elem_id='fit',
    )
    quality = gr.Dropdown(
      orders.QUALITIES, value=0, label='Quality', elem_id='quality'
    )
  return [agreed, note, fit, quality]


def _result(runs: running.Running) -> list[gr.components.Component]:
  """Where a job is followed and its result is played."""
  status = gr.HTML(views.EMPTY, elem_id='status')
  cancel = gr.Button('Cancel', variant='stop', visible=False, elem_id='cancel')
  video = gr.Video(
    label='Result', visible=False, interactive=False, elem_id='result'
  )
  with gr.Row():
    save = gr.DownloadButton(
      'Download video', variant='primary', visible=False, elem_id='save'
    )
    report = gr.DownloadButton(
      'Download report', visible=False, elem_id='report'
    )
  summary = gr.HTML(visible=False, elem_id='summary')
  with gr.Accordion(
    'Everything in the report', open=False, visible=False
  ) as more:
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
