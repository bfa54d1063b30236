"""One row a video, one column a moment."""

import cv2
import videos

from tools import strip


def test_rows_are_videos_and_columns_moments(tmp_path):
  names = [
    str(videos.write(tmp_path / f'{k}.mp4', videos.ramp(40)[10 * k :]))
    for k in range(2)
  ]
  output = tmp_path / 'strip.png'
  options = ['--step=0.2', '--columns=3', '--height=48', f'--output={output}']
  assert strip.main([*names, *options, '--crop', '8', '0', '56', '48']) == 0
  picture = cv2.imread(str(output))
  assert picture.shape == (2 * 48, 3 * 48, 3)
  cells = picture.reshape(2, 48, 3, 48, 3).transpose(0, 2, 1, 3, 4)
  shown = [[videos.number(cell) for cell in row] for row in cells]
  assert shown == [[0, 5, 10], [10, 15, 20]]


def test_a_video_too_short_is_said_and_nothing_written(tmp_path, capsys):
  video = str(videos.write(tmp_path / 'a.mp4', videos.ramp(5)))
  output = tmp_path / 'strip.png'
  assert strip.main([video, f'--output={output}']) == 1
  assert 'ends before' in capsys.readouterr().err
  assert not output.exists()
