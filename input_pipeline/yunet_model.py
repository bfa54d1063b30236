"""The YuNet model file: where it may be, which bytes it has, how to get it."""

import hashlib
import os
import pathlib
import tempfile
import urllib.request

SHA256 = '8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4'
URL = (
  'https://github.com/opencv/opencv_zoo/raw/main/models/'
  'face_detection_yunet/face_detection_yunet_2023mar.onnx'
)
VARIABLE = 'LIPSYNC_JAX_YUNET'


def find(
  model_path: str | os.PathLike | None = None,
) -> pathlib.Path | None:
  """The YuNet model given, named by $LIPSYNC_JAX_YUNET, or cached; or None."""
  given = model_path or os.environ.get(VARIABLE)
  if given:
    if not os.path.isfile(given):
      raise FileNotFoundError(f'There is no YuNet model at {given}.')
    return pathlib.Path(given)
  return cached() if cached().is_file() else None


def cached() -> pathlib.Path:
  """Where `download` puts the model."""
  folder = pathlib.Path.home() / '.cache' / 'lipsync_jax'
  return folder / 'face_detection_yunet_2023mar.onnx'


def download(url: str = URL) -> pathlib.Path:
  """Fetches the YuNet model into the cache folder, checked; returns its path.

  Raises:
    ValueError: what came is not the known model.
    OSError: no network, or the folder cannot be written.
  """
  target = cached()
  try:
    with urllib.request.urlopen(url, timeout=60) as response:
      data = response.read()
  except OSError as error:
    raise OSError(
      f'Cannot download {url} ({error}). Fetch it by hand and give its path, '
      'or use the bundled cascade.'
    ) from error
  _check(data, url)
  target.parent.mkdir(parents=True, exist_ok=True)
  with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
    file.write(data)
  os.replace(file.name, target)
  return target


def check(path: str | os.PathLike):
  """Raises ValueError when a file is not the known model."""
  _check(pathlib.Path(path).read_bytes(), os.fspath(path))


def _check(data: bytes, source: str):
  if hashlib.sha256(data).hexdigest() != SHA256:
    raise ValueError(
      f'{source} is not the known face_detection_yunet_2023mar.onnx (its '
      'SHA-256 differs). Download it again.'
    )
