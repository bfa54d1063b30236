"""One row a video, one column a moment."""

import cv2
import pytest
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
  assert strip.main([video, f'--output={output}']) == 2
  assert 'ends before' in capsys.readouterr().err
  assert not output.exists()


@pytest.mark.parametrize(
  'options, said',
  [
    (['--output=no/where.png'], 'no folder'),
    (['--output=strip.xyz'], 'ends in .png or .jpg'),
    (['--output=strip.png', '--columns=0'], 'more than 0'),
  ],
)
def test_what_cannot_be_written_is_refused_first(
  options, said, tmp_path, monkeypatch, capsys
):
  monkeypatch.chdir(tmp_path)
  with pytest.raises(SystemExit):
    strip.main(['video.mp4', *options])
  assert said in capsys.readouterr().err


def test_a_crop_outside_the_picture_is_said(tmp_path, capsys):
  video = str(videos.write(tmp_path / 'a.mp4', videos.ramp(5)))
  options = ['--columns=1', '--crop', '90', '0', '99', '9']
  output = tmp_path / 'strip.png'
  assert strip.main([video, f'--output={output}', *options]) == 2
  assert 'leaves nothing' in capsys.readouterr().err
