"""What one record holds, and how it becomes bytes and arrays again.

A record is a chunk: at most 75 frames (3 s at 25 fps) of one face track, with
its sound. It holds media, not a task's inputs: every model family cuts its own
windows out of the same records. On disk a record is a tf.train.Example of
`fields.features()`, so TFDS reads the shards too.
"""

import dataclasses
import math
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from input_pipeline import fields, tf_example

CHUNK_FRAMES = 75
# A chunk starts at a multiple of 5 frames, which is 16 mel rows exactly.
CHUNK_STEP = 5
# Mel rows kept before the first and after the last frame of a chunk: 15 frames,
# the largest offset that a sync search or an out-of-sync window asks for.
MEL_CONTEXT = 48
# Samples kept likewise, and one frame more for the features cut from them.
AUDIO_CONTEXT = 10_240


@dataclasses.dataclass(frozen=True)
class Chunk:
  """At most 75 frames of one face track and their sound.

  Attributes:
    frames: JPEG bytes of the square face crops, one per frame.
    audio: [640 num_frames + 2 AUDIO_CONTEXT] int16, 16 kHz mono, from
      AUDIO_CONTEXT samples before frame 0 on; zeros outside the clip. Other
      features than mel are computed from it, as from the whole clip.
    mel: [m, 80] float32 of the whole clip's mel, with context: the window of
      the five frames j..j+4 starts at row `mel_context + window_start(j)`.
      Rows outside the clip are silence.
    mel_context: rows of context before frame 0 and after the last frame.
    num_frames: length of `frames`.
    fps: frames per second, 25.0.
    clip_id: the video's path within the prepared folder.
    speaker: who speaks; a speaker is in one split only.
    start_frame: index of frame 0 in the clip, a multiple of 5.
    box: [num_frames, 3] float32: cx, cy, side of the crop in source pixels.
    face_crop: name of the crop convention, see `tracks.FACE_CROP`.
    sync_offset: frames by which the sound leads the picture; nan: unknown.
    sync_confidence: SyncNet confidence of that offset; nan: unknown.
    licence: of the footage, in words.
  """

  frames: Sequence[bytes]
  audio: np.ndarray
  mel: np.ndarray
  mel_context: int
  num_frames: int
  fps: float
  clip_id: str
  speaker: str
  start_frame: int
  box: np.ndarray
  face_crop: str = ''
  sync_offset: float = math.nan
  sync_confidence: float = math.nan
  licence: str = ''


def encode(chunk: Chunk) -> bytes:
  """The tf.train.Example of a chunk.

  Raises:
    ValueError: the chunk's parts disagree in length, or it is too long.
  """
  n = chunk.num_frames
  if not 0 < n <= CHUNK_FRAMES or chunk.start_frame % CHUNK_STEP:
    raise ValueError(
      f'{chunk.clip_id}: a chunk has 1..{CHUNK_FRAMES} frames and starts at a '
      f'multiple of {CHUNK_STEP}; got {n} from {chunk.start_frame}.'
    )
  _check_audio(chunk)
  if not len(chunk.frames) == len(chunk.box) == n:
    raise ValueError(
      f'{chunk.clip_id}: {n} frames announced, {len(chunk.frames)} pictures '
      f'and {len(chunk.box)} boxes given.'
    )
  from tensorflow_datasets.proto import tf_example_pb2

  # `vars`, not `asdict`: no deep copy of the pictures.
  values = vars(chunk) | {'frames': list(chunk.frames)}
  data = fields.features().serialize_example(values)
  # TFDS leaves the order of the fields to a hash that differs between
  # processes; ours is fixed, so that the same videos give the same bytes.
  example = tf_example_pb2.Example.FromString(data)
  return example.SerializeToString(deterministic=True)


def parse(data: bytes) -> Chunk:
  """Undoes `encode`; the pictures stay JPEG, and in `data` until asked for.

  Raises:
    ValueError: these bytes are no record of ours.
  """
  try:
    chunk = Chunk(**fields.read(tf_example.read(data)))
    _check_audio(chunk)
    return chunk
  except (LookupError, ValueError) as error:
    raise ValueError(
      f'This is not a record that tools.prepare wrote: {error!r}.'
    ) from error


def _check_audio(chunk: Chunk) -> None:
  expected = 640 * chunk.num_frames + 2 * AUDIO_CONTEXT
  if len(chunk.audio) != expected:
    raise ValueError(
      f'{chunk.clip_id}: {len(chunk.audio)} samples, expected {expected}; '
      'prepare the data again'
    )


def decode(data: bytes, *, frames: Iterable[int] | None = None) -> dict:
  """A record as a dictionary of arrays, the asked pictures decoded.

  Args:
    data: what `encode` returned.
    frames: indices of the frames to decode, in any order, repeats allowed;
      None decodes all, () none.

  Returns:
    The fields of `Chunk` by name, with 'frames' [k, size, size, 3] uint8 RGB.
  """
  chunk = parse(data)
  chosen = range(chunk.num_frames) if frames is None else frames
  pictures = decode_frames([chunk.frames[i] for i in chosen])
  return {**vars(chunk), 'frames': pictures}


def encode_frame(frame: np.ndarray, *, quality: int = 95) -> bytes:
  """[h, w, 3] uint8 RGB -> JPEG bytes."""
  # 4:4:4: lips are told from skin by colour, and subsampling blurs colour.
  options = [
    cv2.IMWRITE_JPEG_QUALITY,
    quality,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
  ]
  _, data = cv2.imencode(
    '.jpg', cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), options
  )
  return data.tobytes()


def decode_frames(jpegs: Sequence[bytes]) -> np.ndarray:
  """JPEG bytes -> [k, h, w, 3] uint8 RGB; [0, 0, 0, 3] for no pictures.

  Raises:
    ValueError: a picture cannot be decoded.
  """
  pictures = [decode_frame(jpeg) for jpeg in jpegs]
  return np.stack(pictures) if pictures else np.zeros((0, 0, 0, 3), np.uint8)


def decode_frame(jpeg: bytes) -> np.ndarray:
  """JPEG bytes -> [h, w, 3] uint8 RGB; raises as `decode_frames`."""
  buffer = np.frombuffer(jpeg, np.uint8)
  picture = cv2.imdecode(buffer, cv2.IMREAD_COLOR_RGB) if jpeg else None
  if picture is None:
    raise ValueError('A stored picture is not a readable JPEG.')
  return picture
