"""The page with stand-ins for the networks, as a process of its own.

In the tests' process every function would be wrapped by the type checker, and
Gradio asks functions what they are.
"""

import functools
import json
import pathlib
import signal
import socket
import sys
import threading
import time

from input_pipeline import faces
from lipsync_jax.inference import dub
from lipsync_jax.page import serve
from tests import fakes


class TwoFaces:
  """The same two in every picture."""

  name = 'two'

  def __call__(self, frame):
    boxes = (24.0, 12.0, 72.0, 76.0), (120.0, 12.0, 168.0, 76.0)
    return [faces.Detection(box, 0.9) for box in boxes]


def engine(video, audio, output, **options):
  """The real one; with the sound of `slow.wav` it takes 0.3 s a frame."""
  run = functools.partial(
    dub.events,
    generator=fakes.FakeGenerator(fakes.identity),
    detector=TwoFaces(),
  )
  for event in run(video, audio, output, **options):
    if pathlib.Path(audio).name == 'slow.wav':
      time.sleep(0.3)
    yield event


def watch() -> set[str]:
  """Notes every host whose address is asked for from now on."""
  asked, resolve = set(), socket.getaddrinfo

  def noted(host, *arguments, **options):
    asked.add(host if isinstance(host, str) else repr(host))
    return resolve(host, *arguments, **options)

  socket.getaddrinfo = noted
  return asked


def main(port: int | None = None):
  signal.signal(signal.SIGTERM, signal.default_int_handler)
  asked = watch()
  try:
    with serve.serve(
      engine, TwoFaces(), port=port, max_upload='1mb', max_minutes=0.1
    ) as address:
      print(json.dumps(address), flush=True)
      threading.Event().wait()
  except KeyboardInterrupt:
    print(json.dumps(sorted(asked)), flush=True)
  except ValueError as error:
    print(error, flush=True)


if __name__ == '__main__':
  main(*map(int, sys.argv[1:]))
