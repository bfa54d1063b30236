"""Opens the page, and leaves nothing behind when it closes."""

import contextlib
import os
import pathlib
import socket
import tempfile
from collections.abc import Callable, Iterator

from lipsync_jax.page import choosing, jobs, running, sessions, style

# How Gradio opens it.
_LAUNCH = {
  'prevent_thread_lock': True,
  'quiet': True,
  'ssr_mode': False,  # needs Node
  'pwa': False,
  'mcp_server': False,
  'enable_monitoring': False,
  'run_history': False,  # would keep runs in the visitor's browser
  'footer_links': [],
  'css': style.CSS,
}
_THIS_COMPUTER = ('127.0.0.1', 'localhost')


@contextlib.contextmanager
def serve(
  engine: jobs.Engine,
  detector: Callable,
  *,
  host: str = '127.0.0.1',
  port: int | None = None,
  share: bool = False,
  max_upload: str = '500mb',
  max_minutes: float = 10.0,
) -> Iterator[str]:
  """The page is open inside the block, at the address that it is given.

  Args:
    engine: `inference.dub.events` with its generator and detector given.
    detector: of the faces to choose from; not the engine's own: both may look
      at the same time.
    host: who may come: '127.0.0.1' this computer only, '0.0.0.0' the network;
      not IPv6, whose addresses Gradio cannot open.
    port: None: the first free one from 7860.
    share: also through Gradio's public tunnel.
    max_upload: per file, such as '500mb'.
    max_minutes: of sound.

  Raises:
    ModuleNotFoundError: Gradio is not installed.
    ValueError: the address or port cannot be had.
  """
  _check(host, port)
  with tempfile.TemporaryDirectory(
    prefix='lipsync_jax_page_', ignore_cleanup_errors=True
  ) as folder:
    # Before Gradio makes anything: where uploads go, and no reports home.
    settings = {
      'GRADIO_TEMP_DIR': folder,
      'GRADIO_ANALYTICS_ENABLED': 'False',
      'HF_HUB_DISABLE_TELEMETRY': '1',
    }
    with _environment(settings), contextlib.ExitStack() as closing:
      from lipsync_jax.page import build  # the only door to Gradio

      visitors = sessions.Sessions(pathlib.Path(folder))
      worker = jobs.Worker(engine)
      closing.callback(worker.close)
      closing.callback(visitors.close)
      page = build.build(
        visitors,
        choosing.Choosing(visitors, detector),
        running.Running(visitors, worker, max_minutes=max_minutes),
        private=host in _THIS_COMPUTER and not share,
      )
      closing.callback(page.close, verbose=False)
      try:
        _, address, shared = page.launch(
          server_name=host,
          server_port=port,
          share=share,
          max_file_size=max_upload,
          theme=build.THEME,
          **_LAUNCH,
        )
      except OSError as error:
        raise _refused(host, port) from error
      yield shared or address


def _check(host: str, port: int | None) -> None:
  """That there is such an address; Gradio would try it a hundred times."""
  if port is not None and not 0 < port < 65536:
    raise ValueError(f'port {port}: give a number from 1 to 65535.')
  try:
    socket.create_server((host, port or 0)).close()
  except OSError as error:
    raise _refused(host, port) from error


def _refused(host: str, port: int | None) -> ValueError:
  return ValueError(
    f'The page cannot be opened at {host}, port {port or "7860 to 7959"}: it '
    'is in use, or not an address of this computer.'
  )


@contextlib.contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
  before = {name: os.environ.get(name) for name in settings}
  os.environ.update(settings)
  try:
    yield
  finally:
    for name, value in before.items():
      if value is None:
        os.environ.pop(name, None)
      else:
        os.environ[name] = value
