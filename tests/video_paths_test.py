"""Folders among names of videos."""

import pytest

from tools import video_paths


def test_a_folder_is_its_videos_and_a_name_stays_a_name(tmp_path):
  for name in ('b/two.mov', 'a.mp4', 'notes.txt'):
    path = tmp_path / 'videos' / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
  found = video_paths.in_folders(['not there.mp4', str(tmp_path / 'videos')])
  folder = tmp_path / 'videos'
  assert found == [
    'not there.mp4', str(folder / 'a.mp4'), str(folder / 'b/two.mov'),
  ]  # fmt: skip
  (tmp_path / 'empty').mkdir()
  with pytest.raises(ValueError, match='no video in this folder'):
    video_paths.in_folders([str(tmp_path / 'empty')])
