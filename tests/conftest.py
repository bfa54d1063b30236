"""Four virtual CPU devices, and clips small enough to count by hand."""

import gc
import os
import pathlib
import tempfile

import jax
import pytest
from absl import flags

from lipsync_jax import compilation_cache

# Programs are compiled once in a session of tests, whichever test needs them
# first, also for the processes that tests start; never in the user's cache.
PROGRAMS = tempfile.TemporaryDirectory(prefix='lipsync_jax_programs_')
os.environ['JAX_COMPILATION_CACHE_DIR'] = PROGRAMS.name
os.environ['JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS'] = '0.3'
jax.config.update('jax_compilation_cache_dir', PROGRAMS.name)
jax.config.update('jax_persistent_cache_min_compile_time_secs', 0.3)
if not compilation_cache.usable():
  os.environ['JAX_ENABLE_COMPILATION_CACHE'] = 'false'
  jax.config.update('jax_enable_compilation_cache', False)
jax.config.update('jax_platforms', 'cpu')
jax.config.update('jax_num_cpu_devices', 4)

# grain reads an absl flag even outside `app.run`.
flags.FLAGS.mark_as_parsed()


# Minutes each: begun first, so that no worker is left alone with one at the end
# (with --no-loadscope-reorder, or xdist would begin them last).
SLOW = (
  'learning_test',
  'train_test',
  'notebooks_test',
  'lip_reading_test',
  'convert_use_test',
)


def pytest_collection_modifyitems(items):
  def place(item):
    name = item.path.stem
    return SLOW.index(name) if name in SLOW else len(SLOW)

  items.sort(key=place)


@pytest.fixture(scope='module')
def quick_compilation():
  """For modules where compiling is the cost: it falls to a third."""
  jax.config.update('jax_disable_most_optimizations', True)
  yield
  jax.config.update('jax_disable_most_optimizations', False)


@pytest.fixture(autouse=True)
def bounded_memory():
  """Compiled networks stay in memory, a gigabyte for a run of training."""
  yield
  # Linux says how much there is; elsewhere memory is not watched.
  statm = pathlib.Path('/proc/self/statm')
  pages = int(statm.read_text().split()[1]) if statm.exists() else 0
  if pages * os.sysconf('SC_PAGE_SIZE') > 2.5e9:
    jax.clear_caches()
    gc.collect()


@pytest.fixture
def rng():
  import numpy as np

  return np.random.default_rng(0)


@pytest.fixture
def counting_chunk():
  """Makes a chunk in which frame k is grey level 3 k and mel row r is r."""
  import numpy as np

  from input_pipeline import records

  def make(*, num_frames=75, clip='a/0.mp4', start_frame=0, size=16):
    frames = [
      records.encode_frame(np.full((size, size, 3), 3 * k, np.uint8))
      for k in range(num_frames)
    ]
    context = records.MEL_CONTEXT
    rows = np.arange(-context, 16 * num_frames // 5 + context, dtype=np.float32)
    return records.Chunk(
      frames=frames,
      audio=np.zeros(640 * num_frames + 20_480, np.int16),
      mel=np.repeat(rows[:, None], 80, axis=1),
      mel_context=context,
      num_frames=num_frames,
      fps=25.0,
      clip_id=clip,
      speaker=clip.split('/')[0],
      start_frame=start_frame,
      box=np.zeros((num_frames, 3), np.float32),
    )

  return make


@pytest.fixture(scope='session')
def talkers(tmp_path_factory):
  """Shards of six clips of three people."""
  import tiny_runs

  folder = tmp_path_factory.mktemp('talkers')
  tiny_runs.write_data(folder)
  return folder


@pytest.fixture(scope='session')
def people(tmp_path_factory):
  """Shards of twenty people to learn from and of five to judge by."""
  import learning

  folder = tmp_path_factory.mktemp('people')
  learning.write_people(folder)
  return folder


@pytest.fixture(scope='session')
def tiny_expert(talkers, tmp_path_factory):
  """The workdir of an expert trained for two steps."""
  import tiny_runs

  from lipsync_jax import train

  workdir = tmp_path_factory.mktemp('expert')
  train.train_and_evaluate(tiny_runs.tiny('expert', talkers), str(workdir))
  return workdir


@pytest.fixture(scope='session')
def footage_clips():
  """Of Anna and of Ben, with the truth."""
  import footage

  return footage.make_clips()


@pytest.fixture(scope='session')
def footage_folder(footage_clips, tmp_path_factory):
  """Their videos, and every kind of bad one."""
  import footage

  folder = tmp_path_factory.mktemp('footage')
  footage.write(folder, footage_clips)
  return folder
