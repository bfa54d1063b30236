"""C2PA: what is signed can be read back, validates, and still plays."""

import importlib.util
import json

import cv2
import numpy as np
import pytest

from input_pipeline import media
from lipsync_jax.inference import c2pa_manifest, credentials
from tests import videos


@pytest.fixture
def c2pa():
  return pytest.importorskip(
    'c2pa', reason='c2pa-python is not installed: signing goes UNTESTED'
  )


@pytest.fixture
def made(c2pa, tmp_path):
  """Chain, key, authority and its key."""
  from tests import certificates

  return certificates.write(tmp_path / 'certificates')


@pytest.fixture
def signer(made):
  return credentials.Signer(made[0], made[1])


@pytest.fixture
def video(tmp_path):
  return videos.write(tmp_path / 'dubbed.mp4', videos.ramp(5))


def read(c2pa, path, authority=None):
  """The manifest, all manifests, and 'Valid' or 'Trusted'."""
  config = {'verify': {'remote_manifest_fetch': False, 'ocsp_fetch': False}}
  if authority:
    config['trust'] = {'user_anchors': authority.read_text()}
  with (
    c2pa.Settings.from_dict(config) as settings,
    c2pa.Context(settings) as context,
    c2pa.Reader(path, context=context) as reader,
  ):
    found = json.loads(reader.json())
    active = found['manifests'][found['active_manifest']]
    return active, found['manifests'], reader.get_validation_state()


def actions(manifest):
  (data,) = [
    a['data'] for a in manifest['assertions'] if 'c2pa.actions' in a['label']
  ]
  return data['actions']


def test_a_signed_file_says_what_was_done_and_still_plays(
  c2pa, tmp_path, video, signer, made
):
  before = [frame for _, frame in media.read_frames(video)]
  source = videos.write(tmp_path / 'talk.mp4', videos.ramp(3))
  said = credentials.sign(
    video, title='Hello', signer=signer, video=source, consent='Anna agreed.'
  )
  assert said == 'C2PA manifest, signed with chain.pem.'
  manifest, _, state = read(c2pa, video)
  assert state == 'Valid'
  assert manifest['title'] == 'Hello'
  assert manifest['signature_info']['common_name'] == 'Signer'
  opened, edited = actions(manifest)
  assert opened['action'] == 'c2pa.opened'
  assert edited['action'] == 'c2pa.edited'
  assert edited['digitalSourceType'].endswith(
    '/compositeWithTrainedAlgorithmicMedia'
  )
  assert edited['softwareAgent']['name'] == 'lipsync_jax'
  (ingredient,) = manifest['ingredients']
  assert ingredient['title'] == 'talk.mp4'
  assert ingredient['relationship'] == 'parentOf'
  (consent,) = [
    a['data']
    for a in manifest['assertions']
    if a['label'] == c2pa_manifest.CONSENT
  ]
  assert consent == {'statement': 'Anna agreed.'}
  # Who trusts the authority trusts the signer.
  assert read(c2pa, video, made[2])[2] == 'Trusted'
  after = [frame for _, frame in media.read_frames(video)]
  np.testing.assert_array_equal(after, before)
  assert sorted(p.name for p in tmp_path.iterdir()) == [
    'certificates',
    'dubbed.mp4',
    'talk.mp4',
  ]


def test_an_edited_video_takes_its_own_manifest_along(
  c2pa, tmp_path, video, signer
):
  source = videos.write(tmp_path / 'talk.mov', videos.ramp(3))
  credentials.sign(source, title='First', signer=signer)
  manifest, _, _ = read(c2pa, source)
  assert [a['action'] for a in actions(manifest)] == ['c2pa.created']
  credentials.sign(video, title='Second', signer=signer, video=source)
  manifest, manifests, state = read(c2pa, video)
  assert state == 'Valid' and manifest['title'] == 'Second'
  assert sorted(m['title'] for m in manifests.values()) == ['First', 'Second']


def test_a_changed_file_does_not_validate(c2pa, video, signer):
  credentials.sign(video, title='', signer=signer)
  content = bytearray(video.read_bytes())
  place = content.index(b'mdat') + 20
  content[place] ^= 1
  video.write_bytes(content)
  assert read(c2pa, video)[2] == 'Invalid'


def test_what_is_not_signed_is_said_and_left_alone(
  c2pa, tmp_path, video, signer
):
  before = video.read_bytes()
  said = credentials.sign(video, title='')
  assert said == 'No C2PA manifest: no certificate was given.'
  assert video.read_bytes() == before
  other = videos.write(tmp_path / 'dubbed.mkv', videos.ramp(2))
  said = credentials.sign(other, title='', signer=signer)
  assert said == 'No C2PA manifest: C2PA does not know .mkv files.'
  # A source that C2PA does not know cannot be a parent.
  credentials.sign(video, title='', signer=signer, video=other)
  assert 'ingredients' not in read(c2pa, video)[0]


def test_a_source_of_another_kind_than_its_name_does_not_cost_the_output(
  c2pa, tmp_path, video, signer
):
  source = tmp_path / 'portrait.jpg'
  # A PNG, as many sites hand out under such names; videos play all the same.
  source.write_bytes(cv2.imencode('.png', np.zeros((8, 8)))[1].tobytes())
  said = credentials.sign(video, title='', signer=signer, video=source)
  assert said.startswith('C2PA manifest, signed with chain.pem. It does not')
  manifest, _, state = read(c2pa, video)
  assert state == 'Valid' and 'ingredients' not in manifest
  assert [a['action'] for a in actions(manifest)] == ['c2pa.created']


def test_without_the_library(tmp_path, video, monkeypatch):
  signer = credentials.Signer(tmp_path / 'a.pem', tmp_path / 'b.pem')
  before = video.read_bytes()
  monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
  said = credentials.sign(video, title='', signer=signer)
  assert said.startswith('No C2PA manifest: c2pa-python is not installed')
  assert video.read_bytes() == before
  with pytest.raises(ValueError, match=r"pip install -e '.\[c2pa\]'"):
    credentials.check(signer)


def test_certificates_that_cannot_sign(c2pa, tmp_path, video, made):
  from cryptography.hazmat.primitives.asymmetric import ec

  from tests import certificates

  chain, key, *authority = made
  _, other, *_ = certificates.write(tmp_path / 'other')
  past, its_key, *_ = certificates.write(tmp_path / 'past', days=-1)
  odd, odd_key, *_ = certificates.write(tmp_path / 'odd', curve=ec.SECP256K1())
  before = video.read_bytes()
  for files, said in (
    ((tmp_path / 'none.pem', key), 'none.pem cannot be read: No such file'),
    ((key, key), 'key.pem is no PEM certificate'),
    ((chain, chain), 'chain.pem is no PEM private key'),
    ((chain, other), 'is not the key of'),
    ((past, its_key), 'not today'),
    (authority, 'self-signed'),
    ((odd, odd_key), 'of a kind that C2PA does not allow'),
  ):
    signer = credentials.Signer(*files)
    with pytest.raises(ValueError, match=said):
      credentials.check(signer)
    with pytest.raises(ValueError, match=said):
      credentials.sign(video, title='', signer=signer)
  credentials.check(credentials.Signer(chain, key))
  wrong = credentials.Signer(chain, key, algorithm='ed25519')
  with pytest.raises(ValueError, match='chain.pem cannot sign: '):
    credentials.check(wrong)
  assert video.read_bytes() == before


def test_a_file_that_cannot_be_signed_stays(c2pa, tmp_path, signer):
  path = tmp_path / 'broken.mp4'
  path.write_bytes(b'no video at all')
  with pytest.raises(ValueError, match='broken.mp4 was not signed: '):
    credentials.sign(path, title='', signer=signer)
  assert path.read_bytes() == b'no video at all'
  assert [p.name for p in tmp_path.glob('*broken*')] == ['broken.mp4']
