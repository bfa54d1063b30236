"""Synthetic talkers: faces, truth, and the measure of the mouth's opening."""

import dataclasses
import functools

import cv2
import numpy as np
import pytest

from input_pipeline import media, synthetic, synthetic_face
from tools import synthesize

EVERYBODY = range(synthetic.NUM_PEOPLE)


@functools.cache
def face_of(index):
  return synthetic_face.Face(
    synthetic.person(index), height=256, width=256, seed=0
  )


def draw(index, mouth, **pose):
  return face_of(index).draw(np.float32(mouth), synthetic_face.Pose(**pose))


def changed(a, b):
  """[h, w] where two frames differ by more than a hair."""
  return np.abs(a.astype(int) - b).max(-1) > 6


def correlation(a, b):
  return np.corrcoef(a, b)[0, 1]


def test_a_clip_has_the_promised_shapes_and_ranges():
  clip = synthetic.make_clip(
    synthetic.person(1), seed=3, num_frames=7, height=96, width=128
  )
  assert clip.frames.shape == (7, 96, 128, 3) and clip.frames.dtype == np.uint8
  assert clip.audio.shape == (7 * 640,) and clip.audio.dtype == np.float32
  assert np.abs(clip.audio).max() <= 1
  assert clip.mouth.shape == (7, 3) and clip.mouth.dtype == np.float32
  assert 0 <= clip.mouth.min() and clip.mouth.max() <= 1
  assert clip.mouth_box.shape == (7, 4)
  assert clip.mouth_box.dtype == np.float32


def test_a_clip_is_a_function_of_person_and_seed():
  def clip(index, seed):
    return synthetic.make_clip(synthetic.person(index), seed=seed, num_frames=4)

  first, again = clip(2, 0), clip(2, 0)
  np.testing.assert_array_equal(first.frames, again.frames)
  np.testing.assert_array_equal(first.audio, again.audio)
  for other in (clip(2, 1), clip(3, 0)):
    assert not np.array_equal(first.frames, other.frames)
    assert not np.array_equal(first.audio, other.audio)


def test_nobody_is_there_twice():
  pictures = [draw(k, (0, 0.5, 0))[0][48:208, 48:208] for k in EVERYBODY]
  faces = np.stack(pictures).astype(float)
  assert len(faces) >= 40
  for k, face in enumerate(faces[:-1]):
    assert np.abs(faces[k + 1 :] - face).mean((1, 2, 3)).min() > 10
  fields = [dataclasses.astuple(synthetic.person(k))[1:] for k in EVERYBODY]
  assert len(set(fields)) == len(fields)


@pytest.mark.parametrize('index', [-1, synthetic.NUM_PEOPLE])
def test_a_person_that_does_not_exist_is_refused(index):
  with pytest.raises(ValueError, match=f'No person {index}'):
    synthetic.person(index)


def test_a_frame_too_small_to_draw_is_refused():
  with pytest.raises(ValueError, match='64 x 64'):
    synthetic.make_clip(synthetic.person(0), seed=0, width=32)


@pytest.mark.parametrize('index', [0, 8, 9, 27])
def test_lips_move_inside_the_mouth_box_only(index):
  wide, box = draw(index, (0.5, 1, 0))
  round_, _ = draw(index, (0.5, 0, 1))
  rows, columns = changed(wide, round_).nonzero()
  assert len(rows) > 300
  assert box[0] <= columns.min() and columns.max() <= box[2]
  assert box[1] <= rows.min() and rows.max() <= box[3]


def test_the_chin_drops_when_the_mouth_opens_and_the_eyes_do_not():
  closed, box = draw(6, (0, 0.5, 0))
  opened, _ = draw(6, (1, 0.5, 0))
  difference = changed(closed, opened)
  assert difference[int(box[3]) : int(box[3]) + 20].any()
  assert not difference[: int(box[1]) - 4].any()


def test_a_blink_changes_the_eyes_only():
  opened, box = draw(6, (0, 0.5, 0))
  shut, _ = draw(6, (0, 0.5, 0), closed=1.0)
  difference = changed(opened, shut)
  assert difference.sum() > 200
  assert not difference[int(box[1]) - 20 :].any()


def test_the_bundled_cascade_finds_every_face():
  cascade = cv2.CascadeClassifier(
    cv2.data.haarcascades + 'haarcascade_frontalface_alt2.xml'
  )
  looks = [((0, 0.5, 0), 0.0), ((1, 0.5, 0), 1.0), ((0.2, 0, 1), 0.5)]
  found = []
  for index in EVERYBODY:
    for mouth, closed in looks:
      frame, box = draw(index, mouth, closed=closed)
      grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
      squares = cascade.detectMultiScale(grey, 1.1, 3, minSize=(48, 48))
      x, y = (box[0] + box[2]) / 2, box[1] + 14
      found.append(
        len(squares) == 1
        and abs(squares[0][0] + squares[0][2] / 2 - x) < 15
        and squares[0][1] + squares[0][3] / 2 < y
        and y < squares[0][1] + squares[0][3]
      )
  assert np.mean(found) >= 0.98


def test_the_measured_opening_agrees_with_the_truth_for_everybody():
  agreement = []
  for index in EVERYBODY:
    clip = synthetic.make_clip(synthetic.person(index), seed=10, num_frames=40)
    measured = synthetic.measure_opening(clip.frames, clip.mouth_box)
    agreement.append(correlation(measured, clip.mouth[:, 0]))
  assert np.mean(agreement) >= 0.95
  assert np.min(agreement) >= 0.85


def test_the_measured_opening_survives_the_blur_of_a_small_network():
  agreement = []
  for index in (1, 9, 20, 22, 36):
    clip = synthetic.make_clip(synthetic.person(index), seed=10, num_frames=40)
    # 60 pixels over the crop of about 116, then one pixel of blur.
    small = [
      cv2.resize(frame, (133, 133), interpolation=cv2.INTER_AREA)
      for frame in clip.frames
    ]
    frames = [
      cv2.resize(cv2.GaussianBlur(frame, (0, 0), 1), (256, 256))
      for frame in small
    ]
    measured = synthetic.measure_opening(np.stack(frames), clip.mouth_box)
    agreement.append(correlation(measured, clip.mouth[:, 0]))
  assert np.min(agreement) >= 0.85


def test_one_box_per_frame_is_needed():
  with pytest.raises(ValueError, match='2 frames but 1 mouth boxes'):
    synthetic.measure_opening(
      np.zeros((2, 64, 64, 3), np.uint8), np.zeros((1, 4), np.float32)
    )


def test_the_tool_writes_videos_that_show_what_the_truth_says(tmp_path):
  options = ['--output', str(tmp_path), '--people', '10', '--clips', '1']
  options += ['--frames', '30', '--workers', '1']
  jobs = [(3, 0), (9, 0)]  # the second wears a beard
  for job in jobs:
    synthesize.write_clip(job, synthesize.parse(options))
  for index, number in jobs:
    video = tmp_path / f'talker_{index:02d}' / f'clip_{number}.mp4'
    frames = np.stack([frame for _, frame in media.read_frames(video)])
    truth = np.load(video.with_suffix('.npz'))
    assert frames.shape == (30, 256, 256, 3)
    assert abs(len(media.read_audio(video)) - 30 * 640) <= 1024
    measured = synthetic.measure_opening(frames, truth['mouth_box'])
    assert correlation(measured, truth['mouth'][:, 0]) > 0.9
  assert not list(tmp_path.rglob('*part*'))


def test_the_tool_runs_in_parallel_and_keeps_what_exists(tmp_path, capsys):
  options = ['--output', str(tmp_path), '--people', '2', '--clips', '1']
  options += ['--frames', '5', '--size', '64', '--workers', '2']
  synthesize.main(options)
  videos = sorted(tmp_path.rglob('*.mp4'))
  assert [video.parent.name for video in videos] == ['talker_00', 'talker_01']
  times = [video.stat().st_mtime_ns for video in videos]
  synthesize.main(options)
  assert [video.stat().st_mtime_ns for video in videos] == times
  assert '2 clips of 2 people' in capsys.readouterr().out


@pytest.mark.parametrize(
  'option', [['--people', '1000'], ['--size', '65'], ['--clips', '0']]
)
def test_the_tool_refuses_what_it_cannot_do(option, tmp_path, capsys):
  with pytest.raises(SystemExit):
    synthesize.main(['--output', str(tmp_path), *option])
  assert option[0] in capsys.readouterr().err
