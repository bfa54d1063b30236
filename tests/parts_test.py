"""A video that ends the process that reads it does not end the run."""

import multiprocessing
import os

from input_pipeline.preparation import parts, prepare_video, sources


class Deadly(parts.Job):
  """A job that ends the process that works on it."""

  @property
  def store(self):
    if multiprocessing.parent_process() and self.source.clip_id == 'bad':
      os._exit(9)
    return super().store


def test_a_video_that_ends_its_worker_is_named(tmp_path):
  jobs = []
  for name in ('a', 'bad', 'c'):
    (tmp_path / name).write_text('text')
    source = sources.Source(tmp_path / name, name, 'anna')
    jobs.append(Deadly(source, prepare_video.Options(), tmp_path))
  found = dict(parts._run_in_pool(jobs, 1))
  reasons = {
    jobs[k].source.clip_id: row['reason'] for k, [row] in found.items()
  }
  assert reasons == {
    'a': 'not a media file, or cut off or damaged beyond reading',
    'bad': 'it makes the program that reads it crash',
    'c': 'not a media file, or cut off or damaged beyond reading',
  }
  # The next run tries it again: memory may have been short.
  assert [job.store.rows() for job in jobs] == [None, None, None]
