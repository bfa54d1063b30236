"""Damaged files are read as far as they go, or say what is wrong."""

import numpy as np
import pytest

from input_pipeline import media
from tests import videos


def test_bad_files_say_what_is_wrong(tmp_path):
  good = videos.write(tmp_path / 'good.mp4', videos.ramp(30))
  (tmp_path / 'text.mp4').write_text('this is no video at all\n' * 50)
  (tmp_path / 'empty.mp4').write_bytes(b'')
  (tmp_path / 'cut.mp4').write_bytes(good.read_bytes()[:900])
  for name in ['text', 'empty', 'cut', 'missing']:
    path = tmp_path / f'{name}.mp4'
    for read in [media.probe, lambda path: next(media.read_frames(path))]:
      with pytest.raises(media.MediaError, match=name) as caught:
        read(path)
      assert '\n' not in str(caught.value)


def test_a_truncated_file_ends_early(tmp_path):
  rng = np.random.default_rng(0)
  noise = [rng.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(50)]
  whole = videos.write(tmp_path / 'a.mp4', noise).read_bytes()
  path = tmp_path / 'b.mp4'
  path.write_bytes(whole[: len(whole) // 2])  # its index is in front
  assert 5 < len(list(media.read_frames(path))) < 45


@pytest.mark.parametrize('part', [0.3, 0.5, 0.7, 0.9])
def test_threads_decode_the_same_of_a_truncated_file(tmp_path, rng, part):
  noise = rng.integers(0, 255, (50, 48, 64, 3), np.uint8)
  path = videos.write(tmp_path / 'a.mp4', noise)
  whole = path.read_bytes()
  path.write_bytes(whole[: round(part * len(whole))])
  one, *others = (
    [picture.image().tobytes() for picture in pictures]
    for pictures in (
      media.read_pictures(path, threads=threads) for threads in (1, 2, 4)
    )
  )
  assert 0 < len(one) < 50
  assert all(other == one for other in others)


def test_a_file_cut_anywhere_in_its_header_says_so(tmp_path):
  sound = np.zeros(16_000, np.float32)
  path = videos.write(tmp_path / 'a.mp4', videos.ramp(9), audio=sound)
  whole = path.read_bytes()
  for size in range(1, 2000, 37):
    path.write_bytes(whole[:size])
    with pytest.raises(media.MediaError, match='no video|cut off or damaged'):
      media.probe(path)
    with pytest.raises(media.MediaError, match='no |cut off or damaged'):
      media.read_audio(path)
