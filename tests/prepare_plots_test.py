"""Histograms take whatever was measured."""

import math

import cv2
import numpy as np
import pytest
import report_page

from input_pipeline.report import plots


def test_plots_take_any_numbers():
  odd = [math.nan, math.inf, None, 1, -40, 1e6, 0.05]
  keys = 'offset confidence sharpness yaw speech'.split()
  rows = [report_page.track(**dict.fromkeys(keys, value)) for value in odd]
  rows += [report_page.track('b', 'sync', 'far', confidence=0.3)] * 3
  pictures, missing = plots.histograms(rows, report_page.ABOUT)
  assert not missing
  sizes = {
    cv2.imdecode(np.frombuffer(p, np.uint8), 1).shape for p in pictures.values()
  }
  assert sizes == {(480, 750, 3)}


def test_values_that_are_no_numbers_are_no_plot():
  rows = [report_page.track(yaw=math.nan, end=None, seconds=None)]
  rows += [report_page.lost('a', 'face', 'none', face_size=3.0)]
  pictures, missing = plots.histograms(rows, report_page.ABOUT)
  assert list(pictures) == ['Face size'] and 'Yaw' in missing


@pytest.mark.parametrize(
  'settings, expected',
  [
    ({'a': {'size': 3}, 'b': {'max_shift': 8}}, 8),
    ({'b': {'max_shift': None}}, None),
    ({}, None),
  ],
)
def test_accepted_offsets_come_from_the_settings(settings, expected):
  assert plots.max_shift({'settings': settings}) == expected
