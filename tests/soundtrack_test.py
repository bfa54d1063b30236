"""What becomes of the given sounds."""

import fractions

import av
import numpy as np
import pytest

from input_pipeline import media
from lipsync_jax.inference import soundtrack
from tests import videos


def tone(hertz, seconds=0.5, rate=16_000, level=0.8):
  times = np.arange(round(seconds * rate)) / rate
  return level * np.sin(2 * np.pi * hertz * times)


def strength(samples, hertz, rate=16_000):
  """How loud one tone is, in the middle, where coders have settled."""
  samples = samples[3_000:7_000]
  wave = np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / rate)
  return 2 * abs((samples * wave).mean())


@pytest.fixture
def picture(tmp_path):
  return videos.write(tmp_path / 'v.mp4', videos.ramp(20))


def join(picture, sound, output):
  media.join([picture], output, sound=sound, seconds=sound.seconds)
  return media.read_audio(output)


def compressed(path, seconds=0.5):
  """An .m4a of a tone."""
  with av.open(str(path), 'w') as container:
    stream = container.add_stream('aac', 16_000, layout='mono')
    samples = tone(440, seconds).astype(np.float32)
    for start in range(0, len(samples), 1024):
      part = samples[start : start + 1024].reshape(1, -1)
      frame = av.AudioFrame.from_ndarray(part, 'fltp', 'mono')
      frame.sample_rate, frame.pts = 16_000, start
      frame.time_base = fractions.Fraction(1, 16_000)
      container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
  return path


@pytest.mark.parametrize(
  ('suffix', 'how', 'codec'),
  [
    ('mp4', 'encoded', 'aac'),
    ('m4v', 'encoded', 'aac'),
    ('mov', 'copied', 'pcm_s16le'),
    ('mkv', 'copied', 'pcm_s16le'),
  ],
)
def test_a_wav_is_copied_where_players_play_it(
  tmp_path, picture, suffix, how, codec
):
  path = videos.write_wav(tmp_path / 'a.wav', tone(440))
  output = tmp_path / f'out.{suffix}'
  sound = soundtrack.make(path, output=output)
  assert (sound.how, sound.codec) == (how, codec)
  assert (sound.sample_rate, sound.channels) == (16_000, 1)
  assert sound.seconds == fractions.Fraction(1, 2)
  assert strength(join(picture, sound, output), 440) == pytest.approx(
    0.8, abs=0.03
  )
  info = media.probe_audio(output)
  assert (info.codec, info.sample_rate) == (codec, 16_000)
  assert sound.description.startswith('a.wav: ')


def test_a_compressed_sound_is_copied(tmp_path, picture):
  path = compressed(tmp_path / 'a.m4a')
  sound = soundtrack.make([path], output=tmp_path / 'out.mp4')
  assert (sound.how, sound.seconds) == ('copied', fractions.Fraction(1, 2))
  assert sound.description == (
    'a.m4a: its packets unchanged, aac, 16000 Hz, mono.'
  )
  heard = join(picture, sound, tmp_path / 'out.mp4')
  np.testing.assert_array_equal(heard, media.read_audio(path))


def test_several_are_summed_and_do_not_clip(tmp_path, picture):
  one = videos.write_wav(tmp_path / 'a.wav', tone(500, 0.4))
  two = videos.write_wav(tmp_path / 'b.wav', tone(900, 0.6))
  output = tmp_path / 'out.mkv'
  sound = soundtrack.make([one, two], output=output)
  assert (sound.how, sound.codec) == ('mixed', 'pcm_s16le')
  assert sound.seconds == fractions.Fraction(6, 10)
  assert 'a.wav, b.wav: mixed, ' in sound.description
  assert 'dB quieter so as not to clip' in sound.description
  heard = join(picture, sound, output)
  assert len(heard) == 9_600
  assert np.abs(heard).max() == pytest.approx(0.98, abs=1e-3)
  level = 0.8 * 0.98 / np.abs(tone(500, 0.4) + tone(900, 0.4)).max()
  for hertz in (500, 900):
    assert strength(heard[:6_400], hertz) == pytest.approx(level, abs=0.02)


def test_quiet_sounds_are_not_made_louder(tmp_path, picture):
  one = videos.write_wav(tmp_path / 'a.wav', tone(500, level=0.1))
  two = videos.write_wav(tmp_path / 'b.wav', tone(900, level=0.2))
  sound = soundtrack.make([one, two], output=tmp_path / 'out.mp4')
  heard = join(picture, sound, tmp_path / 'out.mp4')
  assert strength(heard, 500) == pytest.approx(0.1, abs=0.01)
  assert strength(heard, 900) == pytest.approx(0.2, abs=0.01)
  assert 'clip' not in sound.description


def test_the_videos_own_sound_is_kept_under_it(tmp_path, picture):
  path = videos.write_wav(tmp_path / 'a.wav', tone(500, level=0.4))
  video = videos.write(
    tmp_path / 'talk.mp4', videos.ramp(25), audio=tone(900, 1)
  )
  output = tmp_path / 'out.mp4'
  sound = soundtrack.make(path, output=output, video=video, keep_db=-20)
  assert sound.how == 'mixed'
  assert sound.seconds == fractions.Fraction(1, 2)  # the speaker's
  assert 'a.wav and the sound of talk.mp4 at -20 dB' in sound.description
  heard = join(picture, sound, output)
  assert strength(heard, 500) == pytest.approx(0.4, abs=0.02)
  assert strength(heard, 900) == pytest.approx(0.08, abs=0.01)


def test_a_silent_video_has_nothing_to_keep(tmp_path, picture):
  path = compressed(tmp_path / 'a.m4a')
  sound = soundtrack.make(
    path, output=tmp_path / 'out.mp4', video=picture, keep_db=-20
  )
  assert sound.how == 'copied'
  assert sound.description.endswith('v.mp4 has no sound of its own.')


def test_mono_and_stereo_at_different_rates(tmp_path, picture):
  one = videos.write_wav(tmp_path / 'a.wav', tone(500, level=0.3))
  stereo = np.stack([tone(900, rate=48_000, level=0.3), np.zeros(24_000)], 1)
  two = videos.write_wav(tmp_path / 'b.wav', stereo, 48_000)
  output = tmp_path / 'out.mp4'
  sound = soundtrack.make([one, two], output=output)
  assert (sound.sample_rate, sound.channels) == (48_000, 2)
  join(picture, sound, output)
  both = np.concatenate(
    list(media.audio_blocks(output, sample_rate=16_000, channels=2))
  )
  for channel, level in enumerate((0.3, 0)):
    assert strength(both[:, channel], 500) == pytest.approx(0.3, abs=0.02)
    assert strength(both[:, channel], 900) == pytest.approx(level, abs=0.02)


@pytest.mark.parametrize('codec', ['wav', 'm4a'])
def test_no_more_than_is_wanted(tmp_path, picture, codec):
  write = {'m4a': compressed, 'wav': lambda p: videos.write_wav(p, tone(440))}
  path = write[codec](tmp_path / f'a.{codec}')
  wanted = fractions.Fraction(1, 5)
  sound = soundtrack.make(path, output=tmp_path / 'out.mp4', seconds=wanted)
  assert sound.seconds == wanted
  assert len(join(picture, sound, tmp_path / 'out.mp4')) == 3_200


def test_eight_bits_become_sixteen_in_mov(tmp_path, picture):
  path = tmp_path / 'a.wav'
  with av.open(str(path), 'w') as container:
    stream = container.add_stream('pcm_u8', 8_000, layout='mono')
    samples = np.arange(128, 256, dtype=np.uint8).repeat(20).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(samples, 'u8', 'mono')
    frame.sample_rate = 8_000
    container.mux([*stream.encode(frame), *stream.encode(None)])
  output = tmp_path / 'out.mov'
  sound = soundtrack.make(path, output=output)
  assert (sound.how, sound.codec) == ('encoded', 'pcm_s16le')
  join(picture, sound, output)
  blocks = list(media.audio_blocks(output, sample_rate=8_000))
  heard = np.concatenate(blocks)[:, 0]
  np.testing.assert_allclose(heard, (samples[0] - 128.0) / 128, atol=1e-6)


def test_errors_are_said(tmp_path, picture):
  path = videos.write_wav(tmp_path / 'a.wav', tone(440))
  with pytest.raises(media.NoSoundError, match='no sound'):
    soundtrack.make(picture, output=tmp_path / 'out.mp4')
  with pytest.raises(media.MediaError, match='must end in one of'):
    soundtrack.make(path, output=tmp_path / 'out.avi')
  with pytest.raises(ValueError, match='decibels'):
    soundtrack.make(
      path, output=tmp_path / 'o.mp4', video=picture, keep_db=np.nan
    )
  (tmp_path / 'b.wav').write_bytes(path.read_bytes()[:44])
  with pytest.raises(media.MediaError):
    soundtrack.make(tmp_path / 'b.wav', output=tmp_path / 'out.mp4')
