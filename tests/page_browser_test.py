"""The web page as a person uses it, in headless Chromium.

Needs the extras `app` and `app-test` and a Chromium (`apt-get install
chromium`); skipped without.
"""

import json
import shutil

import pytest

from input_pipeline import media
from tests import browsing
from tests.browsing import add, fill, finish, save, start, uploads, wait_until

pytest.importorskip('gradio', reason='the extra `app` is not installed')
playwright = pytest.importorskip(
  'playwright.sync_api', reason='the extra `app-test` is not installed'
)
BROWSER = next(
  filter(None, map(shutil.which, ('chromium', 'chromium-browser'))), None
)
pytestmark = pytest.mark.skipif(not BROWSER, reason='there is no Chromium')


@pytest.fixture(scope='module')
def files(tmp_path_factory):
  return browsing.write_files(tmp_path_factory.mktemp('files'))


@pytest.fixture(scope='module')
def page_server(tmp_path_factory):
  """Address, and the folder of temporary files; empty once it is closed."""
  root = tmp_path_factory.mktemp('temporary')
  process = start(root)
  try:
    yield json.loads(process.stdout.readline()), root
  finally:
    process.terminate()
    rest, _ = process.communicate(timeout=60)
  assert not list(root.iterdir())
  # Gradio's own reports, fonts and tunnels would need other addresses.
  assert set(json.loads(rest)) <= {'127.0.0.1', 'localhost', 'None'}


@pytest.fixture(scope='module')
def browser():
  with playwright.sync_playwright() as started:
    browser = started.chromium.launch(
      executable_path=BROWSER, args=browsing.ARGUMENTS
    )
    yield browser
    browser.close()


@pytest.fixture
def page(browser, page_server):
  """An open page; only its own server is ever asked for anything."""
  address, _ = page_server
  context = browser.new_context(permissions=['camera', 'microphone'])
  page, requests = context.new_page(), []
  page.set_default_timeout(browsing.WAIT)
  page.on('request', lambda request: requests.append(request.url))
  page.goto(address)
  page.wait_for_selector('#dub')
  yield page
  context.close()
  outside = [
    url for url in requests if not url.startswith((address, 'data:', 'blob:'))
  ]
  assert not outside


def test_upload_choose_run_play_download(page, files, tmp_path):
  page.click('#dub')
  page.wait_for_selector('#status .bad')
  assert 'Add a video' in page.inner_text('#status')
  fill(page, files)
  page.uncheck('#agreed input')
  page.click('#dub')
  page.get_by_text('Please confirm').wait_for()
  page.check('#agreed input')
  page.fill('#note textarea', 'Nobody real')
  # The second face, by a click on the picture.
  box = page.locator('#thumbnail img').bounding_box()
  page.locator('#thumbnail img').click(
    position={'x': box['width'] * 0.75, 'y': box['height'] * 0.45}
  )
  second = page.locator('#faces input').nth(1)
  wait_until(second.is_checked)
  page.click('#dub')
  page.wait_for_selector('#result video')
  assert 'Your video is ready' in page.inner_text('#status')
  assert '100 of 100 frames' in page.inner_text('#summary')
  assert not page.locator('#cancel').is_visible()
  # It plays.
  video = page.locator('#result video')
  wait_until(lambda: video.evaluate('v => v.duration > 0'))
  assert video.evaluate('v => v.duration') == pytest.approx(4, abs=0.1)
  video.evaluate('v => { v.muted = true; v.play(); }')
  wait_until(lambda: video.evaluate('v => v.currentTime > 0.3'))
  # What is downloaded decodes, and the report is of it.
  path = save(page, '#save', tmp_path)
  assert path.name == 'pair_dubbed.mp4'
  assert len(list(media.read_frames(path))) == 100
  report = json.loads(save(page, '#report', tmp_path).read_text())
  assert report['face'] == '144,44' and report['video'] == 'pair.mp4'
  assert report['consent'].endswith('agreed. Nobody real')


def test_a_port_in_use_is_said_in_one_line(page_server):
  address, root = page_server
  port = address.rstrip('/').rpartition(':')[2]
  process = start(root, port)
  said, _ = process.communicate(timeout=120)
  assert said == (
    f'The page cannot be opened at 127.0.0.1, port {port}: it is in use, or '
    'not an address of this computer.\n'
  )


def test_preview_is_the_first_three_seconds(page, files, tmp_path):
  fill(page, files)
  page.click('#preview')
  finish(page)
  assert 'preview is ready' in page.inner_text('#status')
  path = save(page, '#save', tmp_path)
  assert path.name == 'pair_preview.mp4'
  assert len(list(media.read_frames(path))) == 75


def test_a_job_can_be_cancelled(page, files):
  fill(page, files, 'slow.wav')
  page.click('#dub')
  page.get_by_text('of 100').wait_for()
  assert page.locator('#dub').is_disabled()
  page.click('#cancel')
  page.get_by_text('Cancelled').wait_for()
  assert page.locator('#dub').is_enabled()
  assert not page.locator('#result video').count()


def test_bad_files_are_refused_kindly(page, files):
  add(page, '#upload', files / 'bad.mp4')
  page.wait_for_selector('#person .bad')
  assert page.inner_text('#person').startswith('bad.mp4: not a media file')
  page.reload()
  page.wait_for_selector('#dub')
  add(page, '#upload', files / 'big.mp4')
  page.get_by_text('exceed the maximum allowed size').wait_for()
  page.reload()
  fill(page, files, 'long.wav')
  page.click('#dub')
  page.get_by_text('longer than 0.1 minutes').wait_for()


def test_leaving_stops_the_job_and_removes_the_files(page, files, page_server):
  _, root = page_server
  wait_until(lambda: not uploads(root))  # of the visitors before
  fill(page, files, 'slow.wav')
  page.click('#dub')
  page.get_by_text('of 100').wait_for()
  assert len(uploads(root)) > 2
  page.goto('about:blank')
  wait_until(lambda: not uploads(root))


def test_camera_and_microphone(page, page_server):
  page.get_by_role('tab', name='Photo').click()
  page.locator('#photo').get_by_text('Click to Access Webcam').click()
  camera = page.locator('#photo video')
  wait_until(lambda: camera.evaluate('v => v.videoWidth > 0'))
  page.locator('#photo [aria-label="capture photo"]').click()
  page.get_by_text('image.png: 1280 × 720. 2 faces').wait_for()
  page.get_by_role('tab', name='Record').click()
  page.locator('#record').get_by_text('Click to Access Webcam').click()
  camera = page.locator('#record video').first
  wait_until(lambda: camera.evaluate('v => v.videoWidth > 0'))
  page.locator('#record [aria-label="start recording"]').click()
  page.wait_for_timeout(3000)
  page.locator('#record').get_by_text('Stop').click()
  page.get_by_text('sample.webm: 1280 × 720. 2 faces').wait_for()
  page.locator('#sound .source-selection button').nth(1).click()
  page.locator('#sound').get_by_text('Record', exact=True).click()
  page.wait_for_timeout(1500)
  page.locator('#sound').get_by_text('Stop', exact=True).first.click()
  page.wait_for_selector('#sound [aria-label*="Play"]')
  page.check('#agreed input')
  page.click('#dub')
  finish(page)
