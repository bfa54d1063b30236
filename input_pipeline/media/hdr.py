"""Between HDR (PQ and HLG in BT.2020) and the SDR RGB that networks know.

A fixed curve, the same for every picture, so that it can be undone:

1. Light is linear, and 1 is white: 203 cd/m^2 in PQ, 75 % of the signal in
   HLG (ITU-R BT.2408, table 1). What is brighter becomes white.
2. BT.2020's primaries become BT.709's by their 3x3 matrix (ITU-R BT.2087);
   colours beyond BT.709 are clipped.
3. PQ tells the light of the display, so it gets the curve of displays, sRGB's;
   HLG tells that of the scene, so it gets BT.709's curve of cameras.
"""

import functools

import av
import cv2
import numpy as np
from av.sidedata.sidedata import Type

from input_pipeline.media import tags

# SMPTE ST 2084.
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_WHITE = 203 / 10_000
# ARIB STD-B67.
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_HLG_WHITE = float(np.exp((0.75 - _C) / _A) + _B) / 12

_TO_BT709 = np.array(
  [
    [1.6605, -0.5876, -0.0728],
    [-0.1246, 1.1329, -0.0083],
    [-0.0182, -0.1006, 1.1187],
  ]
)
_STEPS = 4096  # of the tables below: 12 bits


def to_sdr(image: np.ndarray, transfer: int) -> np.ndarray:
  """uint16 RGB [h, w, 3], full range of 12 bits, as uint8 RGB of SDR."""
  linear = _linear(transfer)[image]
  linear = cv2.transform(linear, _TO_BT709).clip(0, 1)
  # By the root, because the eye and the curve are steep in the dark.
  index = np.sqrt(linear, out=linear)
  index *= _STEPS - 1
  return _levels(transfer)[np.rint(index, out=index).astype(np.uint16)]


def from_sdr(colours: np.ndarray, transfer: int) -> np.ndarray:
  """f32 RGB 0..255 [h, w, 3] of SDR as RGB 0..255 of HDR: undoes `to_sdr`."""
  values = (colours / 255).clip(0, 1)
  if transfer == tags.PQ:
    linear = np.where(
      values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4
    )
  else:
    linear = np.where(
      values < 0.081, values / 4.5, ((values + 0.099) / 1.099) ** (1 / 0.45)
    )
  linear = cv2.transform(linear, np.linalg.inv(_TO_BT709)).clip(0, None)
  if transfer == tags.PQ:
    power = (linear * _WHITE) ** _M1
    signal = ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
  else:
    linear *= _HLG_WHITE
    bright = _A * np.log(np.maximum(12 * linear - _B, 1e-6)) + _C
    signal = np.where(linear <= 1 / 12, np.sqrt(3 * linear), bright)
  return (255 * signal).astype(np.float32)


def light(frame: av.VideoFrame) -> str:
  """A frame's HDR10 metadata as x265's parameters, or nothing.

  The display it was made on (SMPTE ST 2086), and its greatest and greatest mean
  light (CTA-861.3).
  """
  found = []
  for data in tags.side_data(frame):
    if data.type == Type.MASTERING_DISPLAY_METADATA:
      # AVMasteringDisplayMetadata: ten fractions and two flags.
      numbers = np.frombuffer(data, np.int32)[:22]
      if numbers[20] and numbers[21]:
        values = numbers[:20:2] / numbers[1:20:2]
        red_x, red_y, green_x, green_y, blue_x, blue_y, x, y = (
          round(value * 50_000) for value in values[:8]
        )
        least, most = (round(value * 10_000) for value in values[8:])
        found.append(
          f'master-display=G({green_x},{green_y})B({blue_x},{blue_y})'
          f'R({red_x},{red_y})WP({x},{y})L({most},{least})'
        )
    elif data.type == Type.CONTENT_LIGHT_LEVEL:
      most, mean = np.frombuffer(data, np.uint32)[:2]
      found.append(f'max-cll={most},{mean}')
  return ':'.join(found)


@functools.cache
def _linear(transfer: int) -> np.ndarray:
  """f32 [4096]: linear light, 1 is white, of every 12-bit signal."""
  signal = np.arange(_STEPS) / (_STEPS - 1)
  if transfer == tags.PQ:
    power = signal ** (1 / _M2)
    light = np.maximum(power - _C1, 0) / (_C2 - _C3 * power)
    return (light ** (1 / _M1) / _WHITE).astype(np.float32)
  bright = (np.exp((signal - _C) / _A) + _B) / 12
  light = np.where(signal <= 0.5, signal**2 / 3, bright)
  return (light / _HLG_WHITE).astype(np.float32)


@functools.cache
def _levels(transfer: int) -> np.ndarray:
  """uint8 [4096]: SDR levels by the root of linear light."""
  linear = (np.arange(_STEPS) / (_STEPS - 1)) ** 2
  if transfer == tags.PQ:
    curve = 1.055 * linear ** (1 / 2.4) - 0.055
    values = np.where(linear <= 0.0031308, 12.92 * linear, curve)
  else:
    curve = 1.099 * linear**0.45 - 0.099
    values = np.where(linear < 0.018, 4.5 * linear, curve)
  return np.rint(255 * values).astype(np.uint8)
