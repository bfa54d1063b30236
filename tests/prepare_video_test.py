"""What one video becomes: pictures, sound and places that belong together."""

import footage
import numpy as np
import pytest
import videos

from input_pipeline import media, records, synthetic, tracks
from input_pipeline.preparation import parts, prepare_video, sources

OPTIONS = footage.OPTIONS


def chunk_of(folder, name):
  path = folder / name / 'one.mp4'
  [chunk] = prepare_video.prepare_video(path, OPTIONS).pieces
  return chunk


def test_pictures_show_their_own_moment(footage_folder, footage_clips):
  for clip, name in zip(footage_clips, ('anna', 'ben'), strict=True):
    chunk = chunk_of(footage_folder, name)
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


def test_mouth_is_in_the_lower_half(footage_folder, footage_clips):
  chunk = chunk_of(footage_folder, 'anna')
  x, y, side = chunk.box.T
  # What the mouth can occupy, wide open; the lower half is what is masked.
  top, bottom = footage_clips[0].mouth_box[:, [1, 3]].T
  assert ((top - (y - side / 2)) / side > 0.5).all()
  assert ((bottom - (y - side / 2)) / side < 1.0).all()


def test_sound_is_the_clips_own(footage_folder, footage_clips):
  chunk = chunk_of(footage_folder, 'anna')
  truth = footage_clips[0].audio
  context = records.AUDIO_CONTEXT
  assert chunk.audio.shape == (640 * footage.FRAMES + 2 * context,)
  own = chunk.audio[context:-context]
  assert np.corrcoef(own, truth)[0, 1] > 0.95


def test_pictures_without_sound_are_left_out(tmp_path, footage_clips):
  sound = footage_clips[0].audio[: 640 * 22]
  path = videos.write(
    tmp_path / 'a.mp4', footage_clips[0].frames[:30], audio=sound
  )
  found = prepare_video.prepare_video(path, OPTIONS)
  [row] = found.rows
  # AAC comes in blocks of 1024 samples, so a little more than 22 frames.
  assert 22 <= row['frames'] <= 24
  assert sum(chunk.num_frames for chunk in found.pieces) == row['frames']


def job(folder, tmp_path, options=OPTIONS):
  path = folder / 'anna' / 'one.mp4'
  source = sources.Source(path, 'anna/one.mp4', 'anna')
  return parts.Job(source, options, tmp_path)


def test_stopped_run_goes_on(footage_folder, tmp_path, monkeypatch):
  rows = parts.run_job(job(footage_folder, tmp_path))
  monkeypatch.setattr(prepare_video, 'prepare_video', None)
  assert parts.run_job(job(footage_folder, tmp_path)) == rows


def test_other_options_make_other_candidates(footage_folder, tmp_path):
  other = prepare_video.Options(size=96, detector='cascade')
  again = job(footage_folder, tmp_path, other)
  assert again.store != job(footage_folder, tmp_path).store


def test_trouble_with_one_video_does_not_end_the_run(
  footage_folder, tmp_path, monkeypatch
):
  def fail(*args, **kwargs):
    raise RuntimeError('strange')

  monkeypatch.setattr(prepare_video, 'prepare_video', fail)
  [[row]] = parts.run([job(footage_folder, tmp_path)], workers=1)
  assert not row['kept']
  assert row['reason'] == 'cannot be prepared: strange'


@pytest.mark.parametrize(
  'error', [media.MediaError('permission denied'), MemoryError(), ImportError()]
)
def test_what_could_not_be_read_is_tried_again(
  footage_folder, tmp_path, monkeypatch, error
):
  def fail(path):
    raise error

  with monkeypatch.context() as patch:
    patch.setattr(media, 'probe', fail)
    [row] = parts.run_job(job(footage_folder, tmp_path))
  assert row['stage'] == 'read' and not row['reason'].endswith(': ')
  [row] = parts.run_job(job(footage_folder, tmp_path))
  assert not row['reason'] and len(row['pieces']) == 1
