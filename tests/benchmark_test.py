"""tools.benchmark: the reference it measures against, and what it counts."""

import concurrent.futures
import types

import cv2
import footage
import numpy as np
import pytest
import soundfile
import videos

from input_pipeline import alignment, audio, media, parts, sources
from tools import (
  benchmark,
  benchmark_footage,
  benchmark_prepare,
  benchmark_reference,
  benchmark_stages,
  benchmark_table,
  benchmark_timed,
)


@pytest.fixture
def folder(tmp_path):
  """Frame k is grey level 3 k; one second of noise at 16 kHz."""
  for k in range(25):
    picture = np.full((40, 32, 3), 3 * k, np.uint8)
    cv2.imwrite(f'{tmp_path / f"{k}.jpg"}', picture)
  noise = np.random.default_rng(0).normal(0, 0.1, 16000)
  soundfile.write(tmp_path / 'audio.wav', noise, 16000)
  return tmp_path


# librosa 0.11 still imports modules that Python 3.13 drops (audioread).
@pytest.mark.filterwarnings(
  'ignore:.*is deprecated and slated:DeprecationWarning'
)
def test_the_references_examples(folder):
  dataset = benchmark_reference.Dataset([folder], resampler='soxr_hq', seed=0)
  batch = dataset.batch(4)
  assert batch['x'].shape == (4, 6, 5, 96, 96)
  assert batch['y'].shape == (4, 3, 5, 96, 96)
  assert batch['indiv_mels'].shape == (4, 5, 1, 80, 16)
  assert {a.dtype for a in batch.values()} == {np.dtype(np.float32)}
  assert (batch['x'][:, :3, :, 48:] == 0).all()
  np.testing.assert_array_equal(
    batch['x'][:, :3, :, :48], batch['y'][:, :, :, :48]
  )
  starts = np.rint(batch['y'][:, 0, 0, 0, 0] * 85).astype(int)
  sound, _ = soundfile.read(folder / 'audio.wav', dtype='float32')
  mel = audio.mel_spectrogram(sound)
  for start, window in zip(starts, batch['mel'], strict=True):
    # Ours mirrors the sound at its ends, librosa of today does not.
    ours = alignment.window(mel, alignment.window_start(start))
    np.testing.assert_allclose(window[0], ours[..., 0], atol=1e-3)


def test_tables():
  assert benchmark_table.spread([1.0, 30.0, 2.0]) == '2.00 (1.00-30.0)'
  assert benchmark_table.number(12345.6) == '12346'
  assert benchmark_table.table([{'a': '1', 'b': '2'}]) == (
    '| a | b |\n| --- | --- |\n| 1 | 2 |'
  )


def test_commands():
  options = benchmark.parse(['data', '--seconds', '3', '10'])
  assert (options.what, options.seconds) == ('data', [3, 10])
  options = benchmark.parse(['prepare', '--memory-minutes', '0'])
  assert (options.detector, options.memory_minutes) == ('auto', [0])
  with pytest.raises(SystemExit):
    benchmark.parse(['fly'])


def test_peak_memory_is_in_megabytes():
  held = np.ones(10**7)
  assert held.nbytes / 1e6 < benchmark_table.peak_memory() < 1e5


def test_footage_goes_to_and_fro(tmp_path):
  clip = types.SimpleNamespace(
    frames=videos.ramp(3, 64, 64), audio=np.ones(1920, np.float32) / 2
  )
  path = tmp_path / 'talker.mp4'
  benchmark_footage.write(path, clip, size=(128, 96), seconds=0.32, noise=8.0)
  frames = [frame for _, frame in media.read_frames(path)]
  assert frames[0].shape == (96, 128, 3)
  middles = [frame[:, 16:112] for frame in frames]
  assert [videos.number(m) for m in middles] == [0, 1, 2, 2, 1, 0, 0, 1]
  assert middles[0].std() > 0.5
  assert len(media.read_audio(path)) == 0.32 * 16000


def test_a_stage_within_another_counts_for_itself(monkeypatch):
  now = iter([0, 1, 3, 7, 15, 31, 63])
  monkeypatch.setattr(
    benchmark_stages.time, 'process_time', lambda: float(next(now))
  )
  clock = benchmark_stages.Clock()
  inner = clock.call('inner', lambda: None)
  outer = clock.generator('outer', lambda: (inner() for _ in range(1)))
  assert list(outer()) == [None]
  # Outer 1..3 and 7..15, inner 3..7, nothing 15..31, the end 31..63.
  assert clock.seconds == {'': 17, 'outer': 2 + 8 + 32, 'inner': 4}


def test_stages_add_up_and_change_nothing(tmp_path):
  [clip, _] = footage.make_clips()
  path = videos.write(tmp_path / 'a.mp4', clip.frames, audio=clip.audio)
  found = []
  for name in ('plain', 'measured'):
    (tmp_path / name).mkdir()
    job = parts.Job(
      sources.Source(path, 'a', 'a'), footage.OPTIONS, tmp_path / name
    )
    if name == 'plain':
      parts.run_job(job)
    else:
      before = benchmark_stages.time.process_time()
      seconds = benchmark_stages.measure(job)
      used = benchmark_stages.time.process_time() - before
    found.append(job.store.chunks_path.read_bytes())
  assert found[0] == found[1]
  assert set(seconds) == set(benchmark_stages.STAGES)
  assert min(seconds.values()) > 0
  assert sum(seconds.values()) == pytest.approx(used, rel=0.1)


def test_the_report_of_the_preparation(monkeypatch, capsys):
  monkeypatch.setattr(benchmark_prepare, '_DRAWN', 20)
  monkeypatch.setattr(benchmark_prepare, '_SIZE', (320, 240))
  monkeypatch.setattr(benchmark_prepare, '_LARGE', (320, 240))
  # A thread starts sooner than a process.
  monkeypatch.setattr(
    benchmark_timed,
    'worker',
    lambda: concurrent.futures.ThreadPoolExecutor(1),
  )
  words = '--detector cascade --repeats 1 --workers 1 --seconds 2'
  benchmark.main(['prepare', *words.split(), '--memory-minutes', '0.02'])
  speed, stages, memory, machine = capsys.readouterr().out.split('\n\n')
  row = speed.splitlines()[2].split(' | ')
  assert row[0].startswith('| talkers, 320 x 240, ')
  assert row[1:5] == ['2.00', '100', 'cascade', '1']
  assert len(stages.splitlines()) == 2 + len(benchmark_stages.STAGES) + 1
  assert stages.splitlines()[-1].endswith(' 100 |')
  assert '0.02 min, 320 x 240 | cascade | 100 |' in memory
  assert 'av ' in machine


def test_shares_of_frames_and_time():
  timed = benchmark_timed.Timed(
    rows=[
      [{'frames': 100, 'pieces': [{'frames': 75}]}],
      [{'pieces': []}],  # could not be read
    ]
  )
  assert timed.stored == 75
