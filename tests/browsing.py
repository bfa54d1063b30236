"""What a person does at the page in a browser, and the page's own process."""

import os
import pathlib
import subprocess
import sys
import time

import numpy as np

from tests import dubbing, videos

ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  # A camera and a microphone that need no permission and no hardware.
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
]
WAIT = 30_000  # milliseconds


def write_files(folder):
  """What a person may add, good and bad."""
  picture = np.hstack([dubbing.picture(120), dubbing.picture(140)])
  videos.write(folder / 'pair.mp4', [picture] * 25)
  rng = np.random.default_rng(0)
  noise = rng.uniform(-0.1, 0.1, 4 * 16_000).astype(np.float32)
  videos.write_wav(folder / 'speech.wav', noise)
  videos.write_wav(folder / 'slow.wav', noise / 2)
  videos.write_wav(folder / 'long.wav', np.zeros(16_000 * 12))
  (folder / 'bad.mp4').write_bytes(b'nothing' * 99)
  (folder / 'big.mp4').write_bytes(bytes(2_000_000))
  return folder


def start(root, *arguments):
  """Our server in a process of its own, its temporary files in `root`."""
  return subprocess.Popen(
    [sys.executable, '-m', 'tests.page_server', *arguments],
    stdout=subprocess.PIPE,
    text=True,
    cwd=pathlib.Path(__file__).parents[1],
    env=os.environ | {'TMPDIR': str(root)},
  )


def add(page, where, path):
  page.set_input_files(f'{where} input[type=file]', str(path))


def fill(page, files, sound='speech.wav'):
  """Video, sound, consent."""
  add(page, '#upload', files / 'pair.mp4')
  page.wait_for_selector('#thumbnail img')
  add(page, '#sound', files / sound)
  page.wait_for_selector('#sound [aria-label*="Play"]')
  page.check('#agreed input')


def wait_until(condition, seconds=20):
  end = time.monotonic() + seconds
  while not condition():
    assert time.monotonic() < end
    time.sleep(0.1)


def finish(page):
  """Waits for the result; an error is shown as what it is."""
  page.wait_for_selector('#result video, #status .bad', timeout=2 * WAIT)
  assert page.locator('#result video').count(), page.inner_text('#status')


def uploads(root):
  return [p for p in root.rglob('*') if p.is_file()]


def save(page, button, folder):
  with page.expect_download() as download:
    page.click(button)
  path = folder / download.value.suggested_filename
  download.value.save_as(path)
  return path
