"""Real files in, a data set and a complete list of what became of each."""

import json

import numpy as np
import pytest
import videos

from input_pipeline import (
  manifest,
  parts,
  prepare,
  prepare_video,
  records,
  shards,
  synthetic,
  tracks,
)
from tools import prepare as command

OPTIONS = prepare_video.Options(size=64, detector='cascade', licence='CC0')
FRAMES = 40


@pytest.fixture(scope='module')
def clips():
  return [
    synthetic.make_clip(synthetic.person(k), seed=0, num_frames=FRAMES)
    for k in (0, 4)
  ]


@pytest.fixture(scope='module')
def folder(tmp_path_factory, clips):
  """Two good videos, and every kind of bad one."""
  anna, ben = clips
  folder = tmp_path_factory.mktemp('videos')
  for name in ('anna', 'ben', 'bad'):
    (folder / name).mkdir()
  bad = folder / 'bad'
  grey = np.full_like(anna.frames, 128)
  sound = {'audio': anna.audio}
  videos.write(folder / 'anna' / 'one.mp4', anna.frames, **sound)
  videos.write(folder / 'ben' / 'one.mp4', ben.frames, audio=ben.audio)
  videos.write(bad / 'no_sound.mp4', anna.frames)
  quiet = np.zeros_like(anna.audio)
  videos.write(bad / 'silent.mp4', anna.frames, audio=quiet)
  videos.write(bad / 'no_face.mp4', grey, **sound)
  glimpse = np.concatenate([grey[:10], anna.frames[:14], grey[:10]])
  videos.write(bad / 'glimpse.mp4', glimpse, **sound)
  videos.write(bad / 'short.mp4', anna.frames[:14], audio=anna.audio[:8960])
  whole = (folder / 'anna' / 'one.mp4').read_bytes()
  (bad / 'truncated.mp4').write_bytes(whole[: len(whole) // 10])
  (bad / 'cut_off.mp4').write_bytes(whole[: len(whole) // 3])
  (bad / 'text.mp4').write_text('This is not a video.')
  (bad / 'empty.mp4').touch()
  (bad / 'notes.txt').write_text('Not looked at.')
  return folder


@pytest.fixture(scope='module')
def prepared(tmp_path_factory, folder):
  output = tmp_path_factory.mktemp('data') / 'talkers'
  rows = prepare.prepare(folder, output, options=OPTIONS, workers=1)
  return output, rows


def test_every_video_is_listed_with_a_reason(prepared):
  output, rows = prepared
  assert manifest.read(output) == rows
  reasons = {row['path']: row['reason'] for row in rows}
  broken = 'not a media file, or cut off or damaged beyond reading'
  # How much of half a file can be read is for the codec to say.
  assert reasons.pop('bad/truncated.mp4').endswith(broken)
  assert reasons.pop('bad/cut_off.mp4').startswith('cut off: 0.')
  assert reasons == {
    'anna/one.mp4': '',
    'bad/empty.mp4': 'the file is empty',
    'bad/glimpse.mp4': 'the face never stays for 0.6 s',
    'bad/no_face.mp4': 'no face found',
    'bad/no_sound.mp4': 'no sound track',
    'bad/short.mp4': 'shorter than 0.6 s',
    'bad/silent.mp4': 'the sound is silent',
    'bad/text.mp4': broken,
    'ben/one.mp4': '',
  }
  assert all(row['kept'] == (not row['reason']) for row in rows)


def test_row_tells_what_was_found(prepared):
  row = prepared[1][0]
  assert (row['speaker'], row['frames'], row['chunks']) == ('anna', FRAMES, 1)
  assert (row['fps'], row['seconds'], row['licence']) == (25, 1.6, 'CC0')
  assert (row['width'], row['height']) == (256, 256)
  assert row['face_fraction'] == 1 and 0 < row['detection_score'] < 1
  assert 120 < row['face_size'] < 220
  assert row['face_crop'] == tracks.FACE_CROP


def test_speakers_do_not_share_splits(prepared):
  output, rows = prepared
  found = {
    split: {records.parse(d).speaker for d in shards.load_split(output, split)}
    for split in ('train', 'validation')
  }
  assert sorted(map(sorted, found.values())) == [['anna'], ['ben']]
  assert all(
    row['speaker'] in found[row['split']] for row in rows if row['kept']
  )


def test_settings_are_stored(prepared):
  settings = json.loads((prepared[0] / 'metadata.json').read_text())
  assert settings['face_crop'] == 'v1' and settings['size'] == 64
  assert settings['detector'] == 'cascade'


def test_nothing_is_left_beside_the_output(prepared):
  assert [path.name for path in prepared[0].parent.iterdir()] == ['talkers']


def chunk_of(folder, name):
  row, found = prepare_video.prepare_video(
    folder / name / 'one.mp4', OPTIONS, clip_id=name, speaker=name
  )
  [chunk] = found
  return chunk


def test_pictures_show_their_own_moment(folder, clips):
  for clip, name in zip(clips, ('anna', 'ben'), strict=True):
    chunk = chunk_of(folder, name)
    # The true mouth boxes, moved from the video's pixels to the crops'.
    corners = clip.mouth_box.reshape(-1, 2, 2)
    boxes = [
      (pair @ matrix[:, :2].T + matrix[:, 2]).ravel()
      for pair, matrix in zip(
        corners,
        (tracks.box_to_affine(tracks.CropBox(*b), 64) for b in chunk.box),
        strict=True,
      )
    ]
    frames = records.decode_frames(chunk.frames)
    opening = synthetic.measure_opening(frames, np.array(boxes))
    truth = clip.mouth[:, 0]
    assert np.corrcoef(opening, truth)[0, 1] > 0.9
    assert np.corrcoef(opening[3:], truth[:-3])[0, 1] < 0.9


def test_mouth_is_in_the_lower_half(folder, clips):
  chunk = chunk_of(folder, 'anna')
  x, y, side = chunk.box.T
  mouth = clips[0].mouth_box[:, [1, 3]].mean(1)
  height = (mouth - (y - side / 2)) / side
  assert (height > 0.6).all() and (height < 0.85).all()


def test_sound_is_the_clips_own(folder, clips):
  chunk = chunk_of(folder, 'anna')
  truth = clips[0].audio
  assert chunk.audio.shape == (640 * FRAMES,)
  assert np.corrcoef(chunk.audio, truth)[0, 1] > 0.95


def test_shards_do_not_depend_on_the_workers(prepared, folder, tmp_path):
  output = tmp_path / 'again'
  rows = prepare.prepare(folder, output, options=OPTIONS, workers=2)
  assert rows == prepared[1]
  for path in prepared[0].glob('*.tfrecord-*'):
    assert (output / path.name).read_bytes() == path.read_bytes()


def test_pictures_without_sound_are_left_out(tmp_path, clips):
  sound = clips[0].audio[: 640 * 22]
  path = videos.write(tmp_path / 'a.mp4', clips[0].frames[:30], audio=sound)
  row, found = prepare_video.prepare_video(
    path, OPTIONS, clip_id='a', speaker='a'
  )
  # AAC comes in blocks of 1024 samples, so a little more than 22 frames.
  assert row['kept'] and 22 <= row['frames'] <= 24
  assert sum(chunk.num_frames for chunk in found) == row['frames']


def job(folder, tmp_path, name='anna/one.mp4'):
  return parts.Job(folder / name, name, 'anna', OPTIONS, tmp_path)


def test_stopped_run_goes_on(folder, tmp_path, monkeypatch):
  row = parts.run_job(job(folder, tmp_path))
  monkeypatch.setattr(prepare_video, 'prepare_video', None)
  assert parts.run_job(job(folder, tmp_path)) == row


def test_other_options_make_another_part(folder, tmp_path):
  other = prepare_video.Options(size=96, detector='cascade')
  name = 'anna/one.mp4'
  again = parts.Job(folder / name, name, 'anna', other, tmp_path)
  assert again.part != job(folder, tmp_path).part


def test_trouble_with_one_video_does_not_end_the_run(
  folder, tmp_path, monkeypatch
):
  def fail(*args, **kwargs):
    raise RuntimeError('strange')

  monkeypatch.setattr(prepare_video, 'prepare_video', fail)
  [row] = parts.run([job(folder, tmp_path)], workers=1)
  assert not row['kept']
  assert row['reason'] == "cannot be prepared: RuntimeError('strange')"


@pytest.mark.parametrize('wrong', ['size=0', 'quality=101', 'detect_every=0'])
def test_options_out_of_range_are_refused(wrong):
  name, value = wrong.split('=')
  with pytest.raises(ValueError, match=f'{wrong} must be from'):
    prepare_video.Options(**{name: int(value)})


def test_output_is_replaced_only_when_asked_and_ours(prepared, tmp_path):
  output, _ = prepared
  with pytest.raises(FileExistsError, match='--overwrite'):
    prepare.prepare(tmp_path, output)
  (tmp_path / 'thesis.txt').write_text('precious')
  with pytest.raises(FileExistsError, match='not made by this tool'):
    prepare.prepare(tmp_path, tmp_path, overwrite=True)


def test_command_prepares_and_reports(folder, tmp_path, capsys):
  output = tmp_path / 'data'
  arguments = ['--videos', str(folder / 'anna'), '--output', str(output)]
  arguments += ['--detector', 'cascade', '--size', '64', '--workers', '1']
  for extra in ([], ['--overwrite', '--split', 'test']):
    assert command.main(arguments + extra) == 0
  printed = capsys.readouterr().out
  assert '1 of 1 videos kept' in printed
  assert 'test: 1 videos, 1 chunks, 2 s, 1 speakers (anna)' in printed
  assert len(shards.load_split(output, 'test')) == 1
  assert command.main(arguments) == 2
  assert 'error: ' in capsys.readouterr().err


def test_command_says_when_nothing_was_kept(tmp_path, capsys):
  (tmp_path / 'in').mkdir()
  arguments = [
    '--videos',
    str(tmp_path / 'in'),
    '--output',
    str(tmp_path / 'o'),
  ]
  assert command.main(arguments) == 2
  assert 'There are no videos' in capsys.readouterr().err
  (tmp_path / 'in' / 'text.mp4').write_text('text')
  assert command.main([*arguments, '--detector', 'cascade']) == 1
  assert '0 of 1 videos kept' in capsys.readouterr().out
  [row] = manifest.read(tmp_path / 'o')
  assert not row['kept']
