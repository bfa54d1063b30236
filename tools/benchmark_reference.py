"""Examples the way Wav2Lip's training code makes them, as a yardstick.

Written from its description: for every example the clip's folder is listed,
ten JPEG files are decoded and resized, the whole sound is read, resampled and
turned into a mel spectrogram, and float arrays are stacked. What does not
belong to that way of doing it is done as well as we can: the mel filters are
computed once, one BLAS thread is used unless asked otherwise, and nothing is
looked up twice.
"""

import functools
import pathlib
import random

import cv2
import librosa
import numpy as np
import scipy.signal

_WINDOW = 5
_ROWS = 16
_SIZE = 96


class Dataset:
  """Random windows of folders holding 0.jpg, 1.jpg, ... and audio.wav."""

  def __init__(self, folders: list[pathlib.Path], *, resampler: str, seed: int):
    self._folders = folders
    self._resampler = resampler
    self._random = random.Random(seed)

  def batch(self, size: int) -> dict[str, np.ndarray]:
    """Like torch's DataLoader: examples, then one array of each kind."""
    examples = [self._example() for _ in range(size)]
    return {key: np.stack([e[key] for e in examples]) for key in examples[0]}

  def _example(self) -> dict[str, np.ndarray]:
    while True:
      folder = self._random.choice(self._folders)
      names = list(folder.glob('*.jpg'))
      start = int(self._random.choice(names).stem)
      other = int(self._random.choice(names).stem)
      paths = _window(folder, start), _window(folder, other)
      # No window of the frame before the first, and none past the end.
      if start < 1 or start == other or not all(paths):
        continue
      windows = [_read(p) for p in paths]
      sound, _ = librosa.load(
        folder / 'audio.wav', sr=16000, res_type=self._resampler
      )
      mel = melspectrogram(sound).T
      whole = _cut(mel, start)
      each = [_cut(mel, start - 1 + i) for i in range(_WINDOW)]
      if any(len(cut) != _ROWS for cut in (whole, *each)):
        continue
      return _arrays(windows, whole, each)


def melspectrogram(sound: np.ndarray) -> np.ndarray:
  """[n] at 16 kHz -> [80, 1 + n // 200] in -4..4."""
  emphasised = scipy.signal.lfilter([1, -0.97], [1], sound)
  spectrum = librosa.stft(emphasised, n_fft=800, hop_length=200, win_length=800)
  mel = _filters() @ np.abs(spectrum)
  decibels = 20 * np.log10(np.maximum(1e-5, mel)) - 20
  return np.clip(8 * (decibels + 100) / 100 - 4, -4, 4)


@functools.cache
def _filters() -> np.ndarray:
  return librosa.filters.mel(sr=16000, n_fft=800, n_mels=80, fmin=55, fmax=7600)


def _window(folder: pathlib.Path, start: int) -> list[pathlib.Path]:
  paths = [folder / f'{start + i}.jpg' for i in range(_WINDOW)]
  return paths if all(path.is_file() for path in paths) else []


def _read(paths: list[pathlib.Path]) -> np.ndarray:
  """[3, 5, 96, 96] float32 in 0..1."""
  frames = [cv2.resize(cv2.imread(f'{p}'), (_SIZE, _SIZE)) for p in paths]
  return (np.asarray(frames, np.float32) / 255).transpose(3, 0, 1, 2)


def _cut(mel: np.ndarray, frame: int) -> np.ndarray:
  start = int(80 * frame / 25)
  return mel[start : start + _ROWS]


def _arrays(windows, whole, each) -> dict[str, np.ndarray]:
  target, wrong = windows
  masked = target.copy()
  masked[:, :, _SIZE // 2 :] = 0
  return {
    'x': np.concatenate([masked, wrong]),
    'indiv_mels': np.asarray(each, np.float32).transpose(0, 2, 1)[:, None],
    'mel': whole.T[None].astype(np.float32),
    'y': np.ascontiguousarray(target),
  }
