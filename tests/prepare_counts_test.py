"""Every row is counted once, whatever the rows are."""

import numpy as np
import pytest
import report_page

from input_pipeline.report import counts, html_parts


def test_funnel_adds_up_whatever_the_rows_are():
  rng = np.random.default_rng(0)
  stages = [*counts.STAGES, 'of tomorrow', '']
  rows = [
    rng.choice([report_page.lost, report_page.track])(
      f'{rng.integers(60)}.mp4', rng.choice(stages), rng.choice(['', 'why'])
    )
    for _ in range(400)
  ]
  steps = counts.funnel(rows)
  assert [step.stage for step in steps[-2:]] == ['other', 'kept']
  for step, then in zip(steps[:-1], steps[1:], strict=True):
    assert step.videos - step.videos_dropped == then.videos
    assert step.tracks - step.tracks_dropped == then.tracks
  kept = [row for row in rows if row['kept']]
  assert steps[0].videos == len({row['path'] for row in rows})
  assert steps[-1].videos == len({row['path'] for row in kept}) < 60
  assert steps[-1].tracks == len(kept) > 50
  assert steps[-1].seconds == counts.kept_seconds(rows)


def test_cuts_are_listed_once_and_not_the_ends():
  rows = [
    report_page.track(shot=1, shot_start=5.0, shot_end=9.5, frames=500),
    report_page.track(shot=1, shot_start=5.0, shot_end=9.5, frames=500),
    report_page.track(shot=3, shot_start=12.0, shot_end=19.99, frames=500),
  ]
  (video,) = counts.videos(rows)
  assert (video.shots, video.cuts) == (4, [5.0, 9.5, 12.0])


@pytest.mark.parametrize(
  'seconds, told',
  [(0, '0:00.0'), (59.96, '1:00.0'), (754.3, '12:34.3'), (3661, '1:01:01.0')],
)
def test_clock(seconds, told):
  assert html_parts.clock(seconds) == told
