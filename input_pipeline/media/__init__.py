"""Video and sound files through PyAV: every format FFmpeg reads, no command.

Time 0 is the start of the video stream (of the sound where there is no
picture), for frames and for samples alike. Everything streams; what cannot be
read raises `MediaError` with one line saying why.
"""

from input_pipeline.media.as_command import (
  command_pictures,
  command_sound,
  converted_pictures,
)
from input_pipeline.media.canvas import Canvas
from input_pipeline.media.container import (
  MediaError,
  NoSoundError,
  OutputError,
)
from input_pipeline.media.copied_audio import CopiedAudio
from input_pipeline.media.encoded_audio import EncodedAudio
from input_pipeline.media.formats import Format, output_format
from input_pipeline.media.frames import (
  read_frames,
  read_pictures,
  read_pictures_backwards,
)
from input_pipeline.media.join import join
from input_pipeline.media.jpeg_trip import JpegTrip
from input_pipeline.media.mixing import mixed
from input_pipeline.media.pictures import Picture
from input_pipeline.media.probe import (
  AudioInfo,
  VideoInfo,
  metadata,
  probe,
  probe_audio,
)
from input_pipeline.media.quality import choose_crf
from input_pipeline.media.remux import delayed
from input_pipeline.media.resampler import Resampler
from input_pipeline.media.sound import (
  audio_blocks,
  read_audio,
  read_audio_int16,
)
from input_pipeline.media.sound_codecs import can_copy, sound_codec
from input_pipeline.media.timing import Timing, timing
from input_pipeline.media.writer import VideoWriter

__all__ = [
  'AudioInfo',
  'Canvas',
  'CopiedAudio',
  'EncodedAudio',
  'Format',
  'JpegTrip',
  'MediaError',
  'NoSoundError',
  'OutputError',
  'Picture',
  'Resampler',
  'Timing',
  'VideoInfo',
  'VideoWriter',
  'audio_blocks',
  'can_copy',
  'command_pictures',
  'command_sound',
  'converted_pictures',
  'delayed',
  'join',
  'metadata',
  'mixed',
  'choose_crf',
  'output_format',
  'probe',
  'probe_audio',
  'read_audio',
  'read_audio_int16',
  'read_frames',
  'read_pictures',
  'read_pictures_backwards',
  'sound_codec',
  'timing',
]
