"""Folders of the original's preprocess.py become chunks that are in sync."""

import os
import pathlib

import cv2
import numpy as np
import pytest
import videos

from input_pipeline import audio, chunks, records
from input_pipeline.preparation import frame_folders, selection


def write_frames(folder, numbers, *, height=40, width=30):
  """Frame k is grey of level 3 k, as cv2 writes it."""
  folder.mkdir(parents=True, exist_ok=True)
  for k in numbers:
    # Tight crops differ in size and shape.
    picture = np.full((height + k % 3, width + k % 5, 3), 3 * k, np.uint8)
    cv2.imwrite(str(folder / f'{k}.jpg'), picture)
  return folder


def noise(frames, rate=16_000):
  rng = np.random.default_rng(0)
  return 0.1 * rng.standard_normal(frames * rate // 25).clip(-3, 3)


def prepare(folder):
  made = frame_folders.prepare_folder(folder, size=24, quality=95)
  [row] = made.rows
  row['path'] = 'a/0'
  anything = selection.Thresholds(
    min_seconds=0, min_face=0, min_sharpness=0, min_speech=0
  )
  selection.select([row], anything)
  return row, made.sound, list(made.pieces)


def levels(piece):
  pictures = records.decode_frames(piece.frames)
  assert pictures.shape[1:] == (24, 24, 3)
  return np.rint(pictures.mean((1, 2, 3)) / 3)


def test_a_folder_becomes_chunks(tmp_path):
  folder = write_frames(tmp_path, range(80))
  videos.write_wav(folder / 'audio.wav', noise(80))
  row, sound, (piece,) = prepare(folder)
  assert row['kept'] and not row['reason'] and not row['stage']
  assert row['frames'] == 80
  assert row['pieces'] == [{'record': 0, 'start': 0, 'frames': 75}]
  assert row['speech'] == 1
  assert (row['start'], row['end'], row['duration']) == (0.0, 3.2, 3.2)
  assert (row['face_size'], row['face_fraction']) == (41, 1)
  assert row['shot'] == row['track'] == 0 and row['face_crop'] == 'wav2lip'
  assert sound.dtype == np.int16 and len(sound) == 80 * 640
  np.testing.assert_array_equal(levels(piece), np.arange(75))
  np.testing.assert_array_equal(piece.audio, chunks.samples(sound, 0, 75))
  np.testing.assert_array_equal(
    piece.mel, chunks.mel_with_context(sound, 0, 75)
  )
  assert piece.box.shape == (75, 3) and np.isnan(piece.box).all()
  again = records.parse(records.encode(piece))
  assert again.face_crop == 'wav2lip' and np.isnan(again.box).all()


def test_missing_numbers_keep_the_rest_in_time(tmp_path):
  numbers = [*range(3, 30), *range(33, 60), *range(62, 70)]
  folder = write_frames(tmp_path, numbers)
  videos.write_wav(folder / 'audio.wav', noise(70))
  row, _, pieces = prepare(folder)
  assert [(p.start_frame, p.num_frames) for p in pieces] == [(5, 25), (35, 25)]
  np.testing.assert_array_equal(levels(pieces[1]), np.arange(35, 60))
  assert row['start'] == 0.12 and len(row['pieces']) == 2
  assert row['face_fraction'] == pytest.approx(62 / 67, abs=1e-4)


@pytest.mark.parametrize(
  'damage',
  [lambda data: b'', lambda data: data[: len(data) // 2], lambda data: b'text'],
)
def test_a_broken_picture_is_a_missing_frame(tmp_path, damage, rng):
  folder = write_frames(tmp_path, range(40))
  videos.write_wav(folder / 'audio.wav', noise(40))
  path = folder / '17.jpg'
  cv2.imwrite(str(path), rng.integers(0, 255, (40, 30, 3), np.uint8))
  path.write_bytes(damage(path.read_bytes()))
  _, _, pieces = prepare(folder)
  assert [(p.start_frame, p.num_frames) for p in pieces] == [(0, 17), (20, 20)]


@pytest.mark.parametrize('make', [pathlib.Path.mkdir, os.mkfifo])
def test_a_picture_that_is_no_file_is_a_missing_frame(tmp_path, make):
  folder = write_frames(tmp_path, [*range(17), *range(18, 40)])
  videos.write_wav(folder / 'audio.wav', noise(40))
  make(folder / '17.jpg')
  (folder / '39.jpg').unlink()
  (folder / '39.jpg').symlink_to('39.jpg')
  _, _, pieces = prepare(folder)
  assert [(p.start_frame, p.num_frames) for p in pieces] == [(0, 17), (20, 19)]


def test_pictures_without_sound_are_left_out(tmp_path):
  folder = write_frames(tmp_path, range(60))
  (folder / f'{10**9}.jpg').write_bytes((folder / '59.jpg').read_bytes())
  videos.write_wav(folder / 'audio.wav', noise(50)[: 640 * 49 + 10])
  row, _, (piece,) = prepare(folder)
  assert piece.num_frames == 50 and row['frames'] == 50


@pytest.mark.parametrize('rate', [44_100, 48_000])
def test_sound_of_any_rate_is_brought_to_ours(tmp_path, rate):
  folder = write_frames(tmp_path, range(25))
  samples = np.zeros((rate, 2), np.float32)
  samples[rate // 2 : rate // 2 + rate // 500] = 0.5
  videos.write_wav(folder / 'audio.wav', samples, rate)
  _, sound, (piece,) = prepare(folder)
  heard = np.flatnonzero(np.abs(audio.to_float(sound)) > 0.25)
  assert heard[0] == pytest.approx(8000, abs=4)
  assert len(piece.audio) == 25 * 640 + 2 * records.AUDIO_CONTEXT


def no_jpgs(folder):
  (folder / 'cover.jpg').touch()


def no_sound(folder):
  write_frames(folder, range(20))
  (folder / 'audio.wav').unlink()


def broken_sound(folder):
  write_frames(folder, range(20))
  (folder / 'audio.wav').write_text('This is no sound.')


def silence(folder):
  write_frames(folder, range(20))
  videos.write_wav(folder / 'audio.wav', np.zeros(16_000))


def broken_pictures(folder):
  for k in range(20):
    (folder / f'{k}.jpg').write_text('This is no picture.')


def glimpses(folder):
  write_frames(folder, [*range(14), *range(15, 25)])


@pytest.mark.parametrize(
  'spoil, stage, reason',
  [
    (no_jpgs, 'read', 'no numbered jpgs'),
    (no_sound, 'sound', 'audio.wav cannot be read: no such file'),
    (broken_sound, 'sound', 'audio.wav cannot be read: not a media file'),
    (silence, 'sound', 'the sound is silent'),
    (broken_pictures, 'read', 'no picture can be read'),
    (glimpses, 'track', 'the face never stays for 0.6 s'),
  ],
)
def test_why_a_folder_is_left_out(tmp_path, spoil, stage, reason):
  videos.write_wav(tmp_path / 'audio.wav', noise(40))
  spoil(tmp_path)
  row, sound, pieces = prepare(tmp_path)
  assert not row['kept'] and not row['pieces'] and not pieces
  assert sound.dtype == np.int16
  assert row['stage'] == stage and row['reason'].startswith(reason)


def test_a_folder_that_is_not_there_is_the_callers_mistake(tmp_path):
  with pytest.raises(FileNotFoundError):
    prepare(tmp_path / 'nowhere')
