"""The benchmark of live frames, and with it the drift over eight hours."""

import fractions

import pytest

from input_pipeline import media
from tools import benchmark, benchmark_drift, benchmark_live


def test_eight_hours_do_not_drift():
  drift = benchmark_drift.measure(
    hours=8, sample_rate=44_100, chunk=441 * 1000 + 1, fps=1
  )
  assert (drift.frames, drift.clicks) == (8 * 3600, 480)
  # In milliseconds: a sample of 44.1 kHz, and one of 16 kHz.
  assert drift.sound <= 1 / 44.1
  assert drift.mouth <= 2 / 16 and abs(drift.change) < 1 / 16
  # Of 5 GB of samples that went through.
  assert drift.grown < 30


@pytest.mark.parametrize('rate, chunk', [(44_100, 441), (16_000, 333)])
def test_small_pieces_and_odd_frame_rates(rate, chunk):
  drift = benchmark_drift.measure(
    hours=0.01,
    sample_rate=rate,
    chunk=chunk,
    fps=fractions.Fraction(30000, 1001),
    every=3.0,
  )
  assert drift.frames == -(-36 * 30000 // 1001)
  assert drift.sound <= 1000 / rate
  assert drift.mouth <= 2 / 16


def test_a_resampler_that_loses_samples_is_found_out(monkeypatch):
  class Leaky(media.Resampler):
    def push(self, samples):
      return super().push(samples)[1:]

  monkeypatch.setattr(media, 'Resampler', Leaky)
  drift = benchmark_drift.measure(
    hours=0.05, sample_rate=44_100, chunk=4411, every=10.0
  )
  # A sample of 16 kHz in 0.1 s, over the 160 s from one tenth to the other.
  assert drift.change == pytest.approx(-1600 / 16, rel=0.05)
  assert drift.sound == 0


def test_the_report(monkeypatch, capsys):
  monkeypatch.setattr(benchmark_live, '_SECONDS', 0.4)
  monkeypatch.setattr(benchmark_live, '_SIZE', (320, 240))
  words = '--width 0 --batch-size 1 4 --repeats 3 --hours 0.02'
  benchmark.main(['live', *words.split()])
  name, first, speed, drift, machine = capsys.readouterr().out.split('\n\n')
  assert name == 'no generator; avatar of 320 x 240'
  delay, middle, high, waiting = first.splitlines()[2].strip('| ').split(' | ')
  assert (delay, waiting) == ('132.6', '120.0')
  assert 120 < float(middle) <= float(high)
  sizes = [row.split(' | ')[0] for row in speed.splitlines()[2:]]
  assert sizes == ['| 1', '| 4']
  assert '0.02 h of 44.1 kHz in pieces of 44101 | 1800 | 0.000 |' in drift
  assert 'jaxlib' in machine
