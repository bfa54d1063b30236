"""Stills and broken videos: what can be read of them is dubbed."""

import re

import cv2
import numpy as np
import pytest
from PIL import Image

from tests import awkward_jobs, played, videos
from tests.awkward_videos import COUNT, Clip, image, write


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
  """Dubs a file with so many seconds of silence."""
  run = awkward_jobs.Runner(tmp_path / 'report.json', monkeypatch, capsys)

  def call(video, seconds):
    silence = np.zeros(round(16_000 * seconds))
    sound = videos.write_wav(tmp_path / 'a.wav', silence)
    done = run(video, sound, tmp_path / 'out.mp4')
    assert done.code == 0, done.errors
    return done.report, played.read(done.output)

  return call


def photo(orientation=1, **options):
  """A picture that EXIF says how to turn."""

  def save(path):
    turns = {1: 0, 3: 2, 6: 1, 8: 3}[orientation]
    turned = Image.fromarray(np.rot90(image(0, Clip()), turns).copy())
    exif = Image.Exif()
    exif[0x112] = orientation
    turned.save(path, exif=exif, **options)

  return save


def transparent(path):
  alpha = np.full((96, 128, 1), 255, np.uint8)
  alpha[:, 100:] = 90
  Image.fromarray(np.concatenate([image(0, Clip()), alpha], 2)).save(path)


RGB, ALPHA = 'RGB to 4:2:0', 'transparency left out'
STILLS = {
  'plain.png': (photo(), [RGB]),
  'plain.bmp': (
    lambda path: Image.fromarray(image(0, Clip())).save(path),
    [RGB],
  ),
  'plain.tiff': (photo(), [RGB]),
  'plain.jpg': (photo(quality=97), []),
  'progressive.jpg': (photo(quality=97, progressive=True), []),
  'upside_down.jpg': (photo(3, quality=97), []),
  'left.jpg': (photo(6, quality=97), []),
  'right.jpg': (photo(8, quality=97), []),
  'left.webp': (photo(6, quality=97), []),
  'left.png': (photo(6), [RGB]),
  'transparent.png': (transparent, [RGB, ALPHA]),
  'a_%d*[1].png': (photo(), [RGB]),
}


@pytest.mark.parametrize('name', STILLS)
def test_a_still_picture_talks(tmp_path, run, name):
  make, changes = STILLS[name]
  make(tmp_path / name)
  report, output = run(tmp_path / name, 0.8)
  assert (report['frames'], report['edited'], report['fps']) == (20, 20, '25')
  assert report['picture_changes'] == changes
  np.testing.assert_allclose(output.times, np.arange(20) / 25, atol=1e-6)
  shown = output.frames[7].to_ndarray(format='rgb24').astype(float)
  assert shown.shape == (96, 128, 3)
  top = slice(0, 38)
  assert played.psnr([shown[top]], [image(0, Clip())[top]], 8) > 40
  assert played.psnr([shown], [image(0, Clip())], 8) < 30


def part(suffix, low, high, **options):
  """Cut out of a whole file, of 60 pictures."""

  def make(path):
    whole = path.with_name(f'whole{suffix}')
    write(whole, Clip(count=60, face=range(60)), **options)
    data = whole.read_bytes()
    whole.unlink()
    path.write_bytes(data[int(low * len(data)) : int(high * len(data))])

  return make


def damaged(suffix):
  """A fifth of it in the middle is noise."""

  def make(path):
    write(path, Clip(count=60, face=range(60)))
    data = bytearray(path.read_bytes())
    length = len(data) // 5
    data[2 * length : 3 * length] = np.random.default_rng(0).bytes(length)
    path.write_bytes(data)

  return make


def changing(size):
  """Half way the pictures have another size."""

  def make(path):
    codec = 'libvpx' if path.suffix == '.webm' else 'libx264'
    whole = b''
    for k, kind in enumerate([(128, 96), size]):
      clip = Clip(size=kind, start=COUNT * k, codec=codec, face=range(COUNT))
      whole += write(path, clip).read_bytes()
    path.write_bytes(whole)

  return make


FRONT = {'options': {'movflags': '+faststart'}}
CUT_OFF = r'The video is cut off: 1\.\d of 2\.4 s can be read\.'
POOR = {
  'half.mkv': (part('.mkv', 0, 0.5), CUT_OFF),
  'half.mp4': (part('.mp4', 0, 0.5, **FRONT), CUT_OFF),
  'half.ts': (part('.ts', 0, 0.5), None),
  'tail.ts': (part('.ts', 0.5, 1), None),
  'damaged.mp4': (damaged('.mp4'), None),
  'damaged.mkv': (damaged('.mkv'), None),
  'damaged.ts': (damaged('.ts'), None),
  'larger.ts': (changing((160, 120)), None),
  'smaller.ts': (changing((96, 64)), None),
  'wider.h264': (changing((160, 96)), None),
}


@pytest.mark.parametrize('name', POOR)
def test_what_can_be_read_is_dubbed(tmp_path, run, name):
  make, warning = POOR[name]
  make(tmp_path / name)
  report, output = run(tmp_path / name, 1.92)
  assert len(output.frames) == report['frames'] == 48
  np.testing.assert_allclose(output.times, np.arange(48) / 25, atol=1e-6)
  assert output.duration == pytest.approx(1.92, abs=1e-3)
  assert {(f.width, f.height) for f in output.frames} == {(128, 96)}
  assert report['edited'] > 30
  warned = report['warnings']
  assert len(warned) == (warning is not None)
  assert all(re.fullmatch(warning, line) for line in warned)


@pytest.mark.parametrize(
  ('size', 'bars'), [((64, 48), 0), ((256, 192), 0), ((160, 96), 9)]
)
def test_another_size_is_fitted_with_bars_if_need_be(tmp_path, run, size, bars):
  changing(size)(tmp_path / 'in.ts')
  _, output = run(tmp_path / 'in.ts', 1.92)
  shown = output.frames[40].to_ndarray(format='rgb24').astype(float)
  assert shown[: max(0, bars - 1)].max(initial=0) < 5
  assert shown[bars + 2].min() > 30
  # The face is where it was, scaled, and so is its new mouth.
  clip = Clip(size=size, face=range(COUNT))
  wanted = cv2.resize(image(16, clip), (128, 96 - 2 * bars)).astype(float)
  inside = shown[bars : 96 - bars]
  top = slice(2, 38 - bars)
  assert played.psnr([inside[top]], [wanted[top]], 8) > 30
  assert played.psnr([inside[top.stop :]], [wanted[top.stop :]], 8) < 26
