"""LSE of whole clips: which windows are compared, and what is shown."""

import types

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small_networks
import videos

from input_pipeline import media, mfcc, run_pipeline, sounds
from lipsync_jax import conversion, networks, published
from lipsync_jax.judging import lse, lse_names, measure
from lipsync_jax.judging import run_pipeline as pipeline
from lipsync_jax.metrics import syncnet_python

SYNCNET = {
  'module': 'syncnet.SyncNet',
  'width': 8,
  'embedding': 6,
  'image_size': 64,
}


class Matching:
  """Embeds which frame is seen, and which one's sound is heard, one-hot.

  Frame k is grey level 20 + 3 k, as of `videos.ramp`; its sound is known.
  """

  image_size, sound = 16, 'mfcc'

  def __init__(self, samples):
    self.calls = []
    count = len(samples) // 640
    self._known = sounds.clip_windows(samples, 0, count, 'mfcc')

  def embed(self, frames, sound):
    self.calls.append(len(sound))
    seen = [videos.number(frame) for frame in frames[: len(sound)]]
    heard = [np.abs(self._known - window).sum((1, 2, 3)) for window in sound]
    return np.eye(100)[seen], np.eye(100)[[each.argmin() for each in heard]]


@pytest.fixture
def noise(rng):
  return rng.integers(-9000, 9000, 640 * 60).astype(np.int16)


@pytest.mark.parametrize('lead', [0, 4, -3])
def test_offset_is_the_lead(noise, lead):
  judge = Matching(noise)
  frames = videos.ramp(40)[8:]
  begin = 640 * (8 + lead)
  clip = lse.read(judge, frames, noise[begin : begin + 640 * len(frames)])
  assert clip.reading.offset == lead
  # As many windows as that have zeros beside them, a length away.
  expected = abs(lead) / clip.windows
  assert clip.reading.distance == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
  'count, samples, windows',
  [
    (32, 640 * 32, 27),  # N - 5
    (32, 640 * 32 + 639, 27),
    (32, 640 * 50, 27),
    (32, 640 * 32 - 1, 26),
    (30, 640 * 12, 7),
    (6, 640 * 6, 1),
  ],
)
def test_windows_are_as_many_as_both_have_less_5(
  noise, count, samples, windows
):
  judge = Matching(noise)
  clip = lse.read(judge, videos.ramp(count), noise[:samples], batch_size=7)
  assert (clip.windows, clip.frames, clip.samples) == (windows, count, samples)
  # One size of batch: one program. Each window is embedded once.
  assert set(judge.calls) == {7} and len(judge.calls) == -(-windows // 7)


def test_batches_change_nothing(noise):
  readings = [
    lse.read(
      Matching(noise), videos.ramp(32), noise[: 640 * 32], batch_size=size
    ).reading
    for size in (1, 8, 20, 100)
  ]
  for found in readings[1:]:
    np.testing.assert_allclose(found.curve, readings[0].curve, atol=1e-6)
    assert found.offset == readings[0].offset == 0


@pytest.mark.parametrize('count, samples', [(5, 9600), (30, 3839), (0, 9600)])
def test_too_short_a_clip_says_so(noise, count, samples):
  with pytest.raises(ValueError, match=f'too short: {count} frames and 0.'):
    lse.read(Matching(noise), videos.ramp(count), noise[:samples])


def test_few_frames_are_held(noise):
  alive = 0

  class Frame(np.ndarray):
    def __del__(self):
      nonlocal alive
      alive -= 1

  most = 0

  def frames():
    nonlocal alive, most
    for _ in range(60):
      alive += 1
      most = max(most, alive)
      yield np.zeros((32, 32, 3), np.uint8).view(Frame)

  lse.read(Matching(noise), frames(), noise, batch_size=5)
  assert most < 4  # What is held is resized copies.


@pytest.fixture(scope='module')
def syncnet_run(tmp_path_factory):
  """A small SyncNet as tools.convert_checkpoint writes one."""
  folder = tmp_path_factory.mktemp('syncnet') / 'run'
  return write_syncnet(folder)


def write_syncnet(folder, **about):
  found = published.Found('syncnet', SYNCNET, ())
  variables = small_networks.variables_of(SYNCNET)
  converted = conversion.Converted(found, variables, 7)
  conversion.save(folder, converted, **about)
  return str(folder)


def test_a_file_is_read_by_the_networks_towers(syncnet_run, footage_folder):
  """The network applied window by window, the table as calc_pdist has it."""
  path = footage_folder / 'anna' / 'one.mp4'
  judge = lse.load(syncnet_run)
  clip = lse.read_video(judge, path, jpeg=False)
  frames = [
    cv2.resize(picture.image(), (64, 64))
    for picture in media.command_pictures(path)
  ]
  samples = media.command_sound(path)
  count = min(len(frames), len(samples) // 640) - 5
  assert clip.windows == count == 35
  rows = mfcc.mfcc(samples)
  network, variables = judge_network(syncnet_run)
  faces, heard = [], []
  for k in range(count):
    pictures = np.stack(frames[k : k + 5])[None].astype(np.float32) / 255
    window = rows[4 * k : 4 * k + 20].T[None, ..., None]
    window, pictures = jnp.asarray(window), jnp.asarray(pictures)
    audio, face = network.apply(variables, window, pictures, train=False)
    faces.append(face[0])
    heard.append(audio[0])
  table = syncnet_python.distance_table(np.array(faces), np.array(heard))
  expected = syncnet_python.read(table)
  np.testing.assert_allclose(clip.reading.curve, expected.curve, rtol=1e-5)
  assert clip.reading.offset == expected.offset
  # What the JPEG files take away is seen, but not much of it.
  coded = lse.read_video(judge, path).reading.curve
  off = np.abs(coded - expected.curve) / expected.curve
  assert 1e-6 < off.max() < 0.2


def judge_network(run):
  network, variables, _ = networks.load(run, 'expert')
  return network, jax.device_put(variables)


def test_a_face_track_is_read_like_a_cropped_video(
  syncnet_run, footage_folder, footage_clips
):
  path = footage_folder / 'anna' / 'one.mp4'
  judge = lse.load(syncnet_run)
  box = (10.0, 10.0, 110.0, 118.0)
  seen = iter(range(100))

  class Detector:
    name = 'drawn'

    def __call__(self, frame):
      return [types.SimpleNamespace(box=box)] if next(seen) < 33 else []

  rules = run_pipeline.Rules(min_track=20, min_face=50)
  [track] = pipeline.read_video(
    judge, path, Detector(), rules=rules, jpeg=False
  )
  assert (track.first, track.last, track.reason) == (0, 32, '')
  squares = run_pipeline.squares(np.array([box] * 33))
  crops = [
    run_pipeline.crop(picture.image(), square, crop_scale=0.4)
    for picture, square in zip(
      media.command_pictures(path), squares, strict=False
    )
  ]
  samples = media.command_sound(path)[: 640 * 33]
  expected = lse.read(judge, crops, samples)
  np.testing.assert_array_equal(
    track.clip.reading.curve, expected.reading.curve
  )
  assert track.clip.windows == 28


def test_a_video_without_tracks_says_why(syncnet_run, footage_folder):
  judge = lse.load(syncnet_run)
  path = footage_folder / 'anna' / 'one.mp4'
  for box, said in [
    (None, 'no face found'),
    ((0, 0, 200, 200), 'longest shot has 40, 40 show a face; --min-track'),
  ]:

    class Detector:
      name = 'drawn'

      def __call__(self, frame, box=box):
        return [types.SimpleNamespace(box=box)] if box else []

    with pytest.raises(ValueError, match=said):
      pipeline.read_video(judge, path, Detector())


def test_names_are_those_of_the_published_weights(tmp_path, syncnet_run):
  plain = lse.load(syncnet_run)
  assert lse_names.names(plain.description) == ('distance', 'confidence')
  [note] = lse_names.notes(plain)
  assert 'does not say of which file' in note
  digests = {'git_blob': 'd714bbf3b30324ced69e3815fc41ae6dc519303c'}
  real = lse.load(write_syncnet(tmp_path / 'real', digests=digests))
  assert lse_names.is_published(real.description)
  assert lse_names.names(real.description) == ('LSE-D', 'LSE-C')
  assert 'so the numbers are called LSE-D' in lse_names.notes(real)[0]
  digests = {'git_blob': '0' * 40}
  other = lse.load(write_syncnet(tmp_path / 'other', digests=digests))
  assert lse_names.names(other.description) == ('distance', 'confidence')
  assert 'another file' in lse_names.notes(other)[0]


def test_experts_of_cosines_are_read_with_a_warning(tmp_path):
  run = small_networks.write_run(
    tmp_path / 'run', 'expert', small_networks.EXPERT
  )
  judge = lse.load(run)
  network, ends = lse_names.notes(judge)
  assert 'another network' in network and 'length one' in ends
  frames = np.zeros((9, 48, 48, 3), np.uint8)
  face, audio = judge.embed(frames, np.ones((5, 80, 16, 1), np.float32))
  np.testing.assert_allclose(np.linalg.norm(face, axis=1), 1, rtol=1e-5)
  np.testing.assert_allclose(np.linalg.norm(audio, axis=1), 1, rtol=1e-5)
  assert not measure.Judge(
    judge_network(run)[0], {}, {'objective': 'contrastive'}
  ).unit
