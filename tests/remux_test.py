"""Files whose sound is moved: all the rest is as it was."""

import fractions

import av
import flash_and_click
import numpy as np
import pytest
import videos

from input_pipeline import media
from input_pipeline.media import remux

KINDS = [
  (suffix, sound)
  for suffix, sounds in {
    'mp4': ('aac', 'libmp3lame', 'libopus'),
    'mov': ('aac', 'libmp3lame', 'pcm_s16le'),
    'mkv': ('aac', 'libmp3lame', 'libopus', 'pcm_s16le', 'flac'),
  }.items()
  for sound in sounds
]


def frames(count):
  return fractions.Fraction(count, 25)


def click(path):
  """When the click of `flash_and_click` is heard, in seconds."""
  return np.flatnonzero(np.abs(media.read_audio(path)) > 0.45)[0] / 16_000


def packets(path, kind='video'):
  """(when it is shown, what is in it) of all packets of a kind of stream."""
  with av.open(str(path)) as source:
    return [
      (float(packet.pts * packet.time_base), bytes(packet))
      for packet in source.demux(list(getattr(source.streams, kind)))
      if packet.size
    ]


@pytest.mark.parametrize('suffix, sound', KINDS)
def test_the_click_moves_and_the_pictures_do_not(tmp_path, suffix, sound):
  source = tmp_path / f'source.{suffix}'
  flash_and_click.write(source, flash_and_click.Kind(sound=sound, rate=48_000))
  before, heard = packets(source), click(source)
  for count in (-10, -3, 2, 10):
    moved = tmp_path / f'moved{count}.{suffix}'
    assert remux.delayed(source, moved, frames(count)) == []
    assert click(moved) == pytest.approx(heard + count / 25, abs=1e-3)
    after = packets(moved)
    assert [data for _, data in after] == [data for _, data in before]
    # Matroska begins with what the sound's decoder needs.
    assert np.diff([time for time, _ in after]) == pytest.approx(
      np.diff([time for time, _ in before]), abs=1e-6
    )
    assert media.timing(moved).fps == 25
  assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize('suffix, sound', KINDS)
def test_cut_sound_is_right_from_its_first_sample(tmp_path, suffix, sound):
  source = tmp_path / f'source.{suffix}'
  # No noise, for which AAC only says how loud it is.
  steps = np.arange(48_000)
  waves = [np.sin(steps / k) * np.cos(steps / 4000 / k) for k in (3, 7, 23, 60)]
  write_sound(source, sound, np.mean(waves, 0)[None].astype(np.float32))
  moved = tmp_path / f'moved.{suffix}'
  remux.delayed(source, moved, frames(-7))
  expected, found = media.read_audio(source)[7 * 640 :], media.read_audio(moved)
  # Of Matroska's milliseconds the reader may miss a half.
  late = min(
    range(-9, 10), key=lambda n: np.abs(_gap(found, expected, n)).max()
  )
  assert abs(late) <= (8 if suffix == 'mkv' else 0)
  # The resampler begins a little softly, and so may Opus, which converges.
  tolerance = 0.05 if sound == 'libopus' else 1e-3
  assert np.abs(_gap(found, expected, late)[40:]).max() < tolerance


def _gap(found, expected, late):
  count = min(len(found), len(expected)) - 20
  return found[10 + late :][: count - 10] - expected[10:count]


def write_sound(path, codec, samples):
  """A video of 25 grey pictures with this sound at 48 kHz."""
  with av.open(str(path), 'w') as container:
    video = container.add_stream('libx264', 25)
    video.width, video.height, video.pix_fmt = 64, 48, 'yuv420p'
    sound = container.add_stream(codec, 48_000, layout='mono')
    for frame in videos.ramp(25):
      picture = av.VideoFrame.from_ndarray(frame, 'rgb24')
      container.mux(video.encode(picture))
    container.mux(video.encode(None))
    frame = av.AudioFrame.from_ndarray(samples, 'flt', 'mono')
    frame.sample_rate, frame.pts = 48_000, 0
    frame.time_base = fractions.Fraction(1, 48_000)
    resampler = av.AudioResampler(sound.format.name, 'mono', 48_000, 960)
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
      container.mux(sound.encode(piece))
    container.mux(sound.encode(None))


def write_rich(path):
  """Two languages, subtitles, chapters, tags and a turned picture."""
  lines = path.with_suffix('.srt')
  lines.write_text('1\n00:00:00,200 --> 00:00:00,800\nHello.\n')
  with av.open(str(path), 'w') as container, av.open(str(lines)) as text:
    container.metadata['title'] = 'A talk'
    video = container.add_stream('libx264', 25)
    video.width, video.height, video.pix_fmt = 64, 48, 'yuv420p'
    video.set_display_rotation(90)
    sounds = [
      container.add_stream('aac', 48_000, layout='mono') for _ in range(2)
    ]
    for sound, language in zip(sounds, ('eng', 'fra'), strict=True):
      sound.metadata['language'] = language
    sounds[1].disposition = av.stream.Disposition.comment
    said = container.add_stream_from_template(text.streams[0])
    container.set_chapters(
      [
        {
          'id': 1,
          'start': 0,
          'end': 500,
          'time_base': fractions.Fraction(1, 1000),
          'metadata': {'title': 'One'},
        }
      ]
    )
    for frame in videos.ramp(25):
      picture = av.VideoFrame.from_ndarray(frame, 'rgb24')
      container.mux(video.encode(picture))
    container.mux(video.encode(None))
    for sound, hertz in zip(sounds, (300, 700), strict=True):
      wave = np.sin(2 * np.pi * hertz * np.arange(48_000) / 48_000) / 2
      wave[:24_000] = 0
      for start in range(0, 48_000, 1024):
        part = np.ascontiguousarray(wave[None, start : start + 1024], 'f4')
        frame = av.AudioFrame.from_ndarray(part, 'fltp', 'mono')
        frame.sample_rate, frame.pts = 48_000, start
        container.mux(sound.encode(frame))
      container.mux(sound.encode(None))
    for packet in text.demux():
      if packet.size:
        packet.stream = said
        container.mux(packet)


def test_everything_else_stays(tmp_path):
  source, moved = tmp_path / 'source.mkv', tmp_path / 'moved.mkv'
  write_rich(source)
  assert remux.delayed(source, moved, frames(5)) == []
  for kind in ('video', 'subtitles'):
    assert packets(moved, kind) == packets(source, kind)
  for kind in ('audio',):
    early, late = packets(source, kind), packets(moved, kind)
    assert [data for _, data in early] == [data for _, data in late]
    assert [time for time, _ in late] == pytest.approx(
      [time + 0.2 for time, _ in early], abs=1.01e-3
    )
  with av.open(str(moved)) as container:
    assert container.metadata['title'] == 'A talk'
    [chapter] = container.chapters()
    assert chapter['metadata'] == {'title': 'One'}
    assert (
      chapter['end'] * chapter['time_base'],
      [stream.type for stream in container.streams],
      [stream.language for stream in container.streams.audio],
    ) == (0.5, ['video', 'audio', 'audio', 'subtitle'], ['eng', 'fra'])
    comment = av.stream.Disposition.comment
    assert container.streams.audio[1].disposition & comment
  assert media.probe(moved).rotation == 90


def test_a_cover_stays_a_cover(tmp_path):
  plain, source = tmp_path / 'plain.mp4', tmp_path / 'source.mp4'
  flash_and_click.write(plain, flash_and_click.Kind(sound='aac', rate=48_000))
  with av.open(str(plain)) as first, av.open(str(source), 'w') as container:
    copies = [container.add_stream_from_template(s) for s in first.streams]
    cover = container.add_stream('png', 25)
    cover.width, cover.height, cover.pix_fmt = 32, 32, 'rgb24'
    cover.disposition = av.stream.Disposition.attached_pic
    pictures = cover.encode(av.VideoFrame(32, 32, 'rgb24'))
    container.mux([*pictures, *cover.encode(None)])
    for packet in first.demux():
      if packet.size:
        packet.stream = copies[packet.stream.index]
        container.mux(packet)
  moved = tmp_path / 'moved.mp4'
  remux.delayed(source, moved, frames(-5))
  with av.open(str(moved)) as container:
    video, found = container.streams.video
    assert found.codec_context.name == 'png'
    assert found.disposition & av.stream.Disposition.attached_pic
    assert video.codec_context.name == 'h264'


@pytest.mark.parametrize('suffix', ['mp4', 'mov', 'mkv'])
def test_there_and_back_is_where_it_was(tmp_path, suffix):
  source = tmp_path / f'source.{suffix}'
  flash_and_click.write(source, flash_and_click.Kind(sound='aac', rate=44_100))
  away, back = tmp_path / f'away.{suffix}', tmp_path / f'back.{suffix}'
  remux.delayed(source, away, frames(9))
  remux.delayed(away, back, frames(-9))
  assert click(back) == pytest.approx(click(source), abs=1e-3)
  assert [d for _, d in packets(back)] == [d for _, d in packets(source)]


def test_another_kind_of_file(tmp_path):
  source = tmp_path / 'source.avi'
  kind = flash_and_click.Kind(sound='libmp3lame', rate=48_000, codec='mpeg4')
  flash_and_click.write(source, kind)
  for suffix in ('mkv', 'mov'):
    moved = tmp_path / f'moved.{suffix}'
    remux.delayed(source, moved, frames(4))
    assert click(moved) == pytest.approx(click(source) + 0.16, abs=2e-3)


def test_a_broadcast_begins_at_its_first_picture_or_sound(tmp_path):
  source = tmp_path / 'source.ts'
  kind = flash_and_click.Kind(sound='aac', rate=48_000, start=36_000.0)
  flash_and_click.write(source, kind)
  assert packets(source)[0][0] > 35_000
  for suffix in ('mp4', 'mkv'):
    for count in (-4, 4):
      moved = tmp_path / f'moved.{suffix}'
      remux.delayed(source, moved, frames(count))
      assert click(moved) == pytest.approx(click(source) + count / 25, abs=2e-3)
      assert media.probe(moved).duration < 2
      assert 0 <= packets(moved)[0][0] < 0.3
      assert np.diff([time for time, _ in packets(moved)]) == pytest.approx(
        np.diff([time for time, _ in packets(source)]), abs=1e-3
      )


def test_an_attachment_stays_where_it_can(tmp_path):
  plain, source = tmp_path / 'plain.mkv', tmp_path / 'source.mkv'
  flash_and_click.write(plain, flash_and_click.Kind(sound='aac', rate=48_000))
  with av.open(str(plain)) as first, av.open(str(source), 'w') as container:
    copies = [container.add_stream_from_template(s) for s in first.streams]
    container.add_attachment('a.ttf', 'application/x-truetype-font', b'font')
    for packet in first.demux():
      if packet.size:
        packet.stream = copies[packet.stream.index]
        container.mux(packet)
  moved = tmp_path / 'moved.mkv'
  assert remux.delayed(source, moved, frames(2)) == []
  with av.open(str(moved)) as container:
    [font] = container.streams.attachments
    assert bytes(font.data) == b'font'
  other = tmp_path / 'moved.mp4'
  left = remux.delayed(source, other, frames(2))
  assert left == ['attachment stream 2 (unknown)']
  assert click(other) == pytest.approx(click(source) + 0.08, abs=1e-3)


@pytest.mark.parametrize('suffix', ['mp4', 'mov'])
def test_hevc_is_named_as_apples_players_ask_for(tmp_path, suffix):
  source = tmp_path / f'source.{suffix}'
  writing = {'sound': 'aac', 'rate': 48_000, 'codec': 'libx265'}
  flash_and_click.write(source, flash_and_click.Kind(**writing))
  moved = tmp_path / f'moved.{suffix}'
  remux.delayed(source, moved, frames(2))
  with av.open(str(moved)) as container:
    assert container.streams.video[0].codec_context.codec_tag == 'hvc1'


def test_what_cannot_be_done_is_said(tmp_path):
  source = tmp_path / 'source.mkv'
  flash_and_click.write(source, flash_and_click.Kind(sound='flac', rate=48_000))

  def refused(path, output, kind, match):
    with pytest.raises(kind, match=match):
      remux.delayed(path, output, frames(1))

  refused(source, source, media.OutputError, 'replace its own source')
  refused(source, tmp_path / 'a.avi', media.MediaError, 'must end in one of')
  refused(source, tmp_path / 'a.mov', media.MediaError, 'cannot hold .*flac')
  no_folder = tmp_path / 'no' / 'a.mkv'
  refused(source, no_folder, media.OutputError, 'a.mkv: cannot be written')
  missing = tmp_path / 'missing.mkv'
  refused(missing, tmp_path / 'a.mkv', media.MediaError, 'no such file')
  dumb = videos.write(tmp_path / 'dumb.mp4', videos.ramp(5))
  refused(dumb, tmp_path / 'a.mp4', media.NoSoundError, 'no sound')
  blind = videos.write_wav(tmp_path / 'blind.wav', np.zeros(16_000))
  refused(blind, tmp_path / 'a.mp4', media.MediaError, 'no video')
  text = tmp_path / 'text.mp4'
  text.write_text('not a video')
  refused(text, tmp_path / 'a.mp4', media.MediaError, 'not a media file')
  names = {path.name for path in tmp_path.iterdir()}
  assert names == {'source.mkv', 'dumb.mp4', 'blind.wav', 'text.mp4'}
