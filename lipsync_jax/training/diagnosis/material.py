"""What the records of a data set hold: sync, people, sound, pictures."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from input_pipeline import alignment, audio, pauses, records, windows

# Records looked at, spread evenly: some 200 MB, read in seconds.
RECORDS = 256
_PLACES = 3  # windows of each whose pictures are decoded
# Mel units are 12.5 dB. Of all bands the loudest is less than 10 dB above
# digital silence.
_SILENT = audio.SILENCE + 0.8
# Grey levels. Prepared faces have contrasts above 20.
_FLAT = 4.0
# Mean change from one frame to the next; a video's own noise is more.
_STILL = 0.05


def read(source: Sequence[bytes], count: int = RECORDS) -> dict[str, Any]:
  """Numbers of a split's records; shares are 0..1.

  Returns:
    records: how many there are and were 'read'; speakers, clips: distinct
    among these; seconds: mean length. offsets: as stored, in frames, nan where
    unknown. silent_windows (share of the windows without sound), silent_records
    (of those without any), pauses (of the frames around which nothing is said),
    not_finite: records with a nan or an infinity in their sound. brightness,
    contrast: means, 0..255; flat_windows, still_windows: shares of those with
    hardly any contrast, and in which nothing moves.
  """
  chosen = spread(len(source), count)
  rows = [_read(records.parse(source[k])) for k in chosen]
  silent = [row['silent'] for row in rows]
  pictures = np.concatenate([row['pictures'] for row in rows])
  return {
    'records': len(source),
    'read': len(chosen),
    'speakers': len({row['speaker'] for row in rows}),
    'clips': len({row['clip'] for row in rows}),
    'seconds': float(np.mean([row['seconds'] for row in rows])),
    'offsets': [row['offset'] for row in rows],
    'silent_windows': float(np.concatenate(silent).mean()),
    'silent_records': float(np.mean([quiet.all() for quiet in silent])),
    'pauses': float(np.mean([row['pauses'] for row in rows])),
    'not_finite': int(sum(not row['finite'] for row in rows)),
    'brightness': float(pictures[:, 0].mean()),
    'contrast': float(pictures[:, 1].mean()),
    'flat_windows': float((pictures[:, 1] < _FLAT).mean()),
    'still_windows': float((pictures[:, 2] < _STILL).mean()),
  }


def spread(total: int, count: int) -> list[int]:
  """`count` of `total` numbers, evenly; all if there are fewer."""
  chosen = np.linspace(0, total - 1, min(count, total)).round()
  return chosen.astype(int).tolist()


def _read(record: records.Chunk) -> dict[str, Any]:
  last = max(record.num_frames - windows.WINDOW, 0)
  starts = [
    record.mel_context + alignment.window_start(j) for j in range(last + 1)
  ]
  levels = np.nan_to_num(record.mel.max(axis=1), nan=audio.SILENCE)
  loudest = [levels[s : s + alignment.WINDOW_ROWS].max() for s in starts]
  places = sorted(
    set(np.linspace(0, last, _PLACES).round().astype(int).tolist())
  )
  return {
    'speaker': record.speaker,
    'clip': record.clip_id,
    'seconds': record.num_frames / record.fps,
    'offset': float(record.sync_offset),
    'silent': np.array(loudest) < _SILENT,
    'pauses': float(pauses.quiet_frames(record).mean()),
    'finite': bool(np.isfinite(record.mel).all()),
    'pictures': np.array([_look(record, start) for start in places]),
  }


def _look(record: records.Chunk, start: int) -> tuple[float, float, float]:
  """Brightness, contrast and motion of five frames."""
  chosen = range(start, min(start + windows.WINDOW, record.num_frames))
  pictures = np.stack(windows.pictures(record, chosen)).astype(np.float32)
  motion = np.abs(np.diff(pictures, axis=0)).mean() if len(pictures) > 1 else 0
  contrast = pictures.std(axis=(1, 2, 3)).mean()
  return float(pictures.mean()), float(contrast), float(motion)
