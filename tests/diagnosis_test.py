"""Data and networks made bad on purpose: the diagnosis names what was done."""

import collections
import copy
import dataclasses
import math

import ailing
import damage
import jax
import numpy as np
import pytest
import tiny_runs

from lipsync_jax import family
from lipsync_jax.training import diagnosis

pytestmark = pytest.mark.usefixtures('quick_compilation')

CHANCE = math.log(16)


def rows(loss, chance=CHANCE, val=None):
  """The log of a run that ends at this loss."""
  log = [
    {
      'step': 50 * k,
      'train/loss': max(loss, chance - 0.02 * k),
      'train/chance': chance,
      'train/expert_learning_rate': 1e-3,
      'train/expert_grad_norm': 1.0,
    }
    for k in range(1, 101)
  ]
  val = loss if val is None else val
  return [*log, {'step': 5000, 'val/loss': val, 'val/chance': chance}]


STUCK, WELL = rows(CHANCE), rows(1.0)


@pytest.fixture(scope='module')
def state():
  """Parameters of one fresh network, for all."""
  found = {}

  def get(subject_family, example):
    if not found:
      params, model_state = subject_family.task.init(jax.random.key(0), example)
      found.update(params=params, model_state=model_state)
    return copy.deepcopy(found)

  return get


@pytest.fixture
def make(tmp_path, state):
  def make(chunks, log, *, network=False):
    ailing.write(tmp_path, chunks)
    config = tiny_runs.tiny('expert', tmp_path, image_size=24)
    built = family.build(config)
    size = {'frames': (5, 24, 24, 3), 'sound': (80, 16, 1)}
    example = {k: np.zeros((1, 2, *v), np.float32) for k, v in size.items()}
    return diagnosis.Subject(
      name='run',
      family=built,
      source=built.footage.source('train'),
      split='train',
      rows=log,
      **(state(built, example) if network else {}),
    )

  return make


def names(facts):
  return [finding.name for finding in diagnosis.findings(facts)]


def clips(count=8, **kwargs):
  return [ailing.chunk(k, **kwargs) for k in range(count)]


def test_a_run_that_is_well_gives_no_alarm(make):
  facts = diagnosis.examine(
    make(clips(), WELL, network=True), judge=ailing.Judge(), batches=2
  )
  assert names(facts) == []
  assert diagnosis.headline(facts).startswith('It learns: the loss is 1.000')
  assert facts['measured']['counts'] == {'0': 8}
  assert facts['probe']['losses']['batch']['chance'] == pytest.approx(CHANCE)


def test_offsets_that_are_measured(make):
  leads = [0, 3, -5, 8, 1, -7, 3, 6]
  chunks = [ailing.chunk(k, lead=s) for k, s in enumerate(leads)]
  facts = diagnosis.examine(
    make(chunks, STUCK), judge=ailing.Judge(), batches=2
  )
  counts = {int(k): n for k, n in facts['measured']['counts'].items()}
  assert counts == collections.Counter(leads)
  assert names(facts)[0] == 'offsets'
  first = diagnosis.findings(facts)[0]
  assert 'sound of 75% of the clips is off by more than a frame' in first.says
  assert 'tools.prepare --rescore' in first.do
  assert diagnosis.headline(facts).startswith('It has learnt nothing')


def test_offsets_that_are_stored(make):
  stored = [0, 0, 0, 4, -4, math.nan, 0, 0]
  chunks = [ailing.chunk(k, stored=float(s)) for k, s in enumerate(stored)]
  facts = diagnosis.examine(make(chunks, STUCK), batches=2)
  assert facts['stored']['off'] == pytest.approx(2 / 7)
  assert names(facts)[0] == 'offsets'


def test_sounds_of_other_pictures(make):
  sounds = clips(9)
  chunks = [
    dataclasses.replace(ailing.chunk(k), mel=sounds[k + 1].mel)
    for k in range(8)
  ]
  facts = diagnosis.examine(
    make(chunks, STUCK), judge=ailing.Judge(), batches=2
  )
  assert names(facts)[0] == 'unrelated'


@pytest.mark.parametrize('objective', ['multiway', 'cosine_bce'])
def test_false_pairs_that_are_true(make, objective):
  """A tone, or false sounds drawn from where the true ones are."""
  subject = make(clips(sound=1.0), STUCK, network=True)
  with subject.family.config.unlocked():
    subject.family.config.loss.objective = objective
  subject = dataclasses.replace(
    subject, family=family.build(subject.family.config)
  )
  facts = diagnosis.examine(subject, batches=2)
  assert facts['probe']['pairs']['same'] == 1
  assert names(facts)[0] == 'same_pairs'


def test_silence(make):
  chunks = clips(4) + [
    ailing.chunk(k, sound=ailing.SILENT) for k in range(4, 8)
  ]
  facts = diagnosis.examine(make(chunks, STUCK), batches=2)
  assert names(facts)[0] == 'silence'
  assert facts['records']['silent_records'] == 0.5
  assert '50% of the windows' in diagnosis.findings(facts)[0].says


@pytest.mark.parametrize(
  ('wrong', 'name'), [({'dark': True}, 'black'), ({'moving': False}, 'still')]
)
def test_pictures_that_show_nothing(make, wrong, name):
  facts = diagnosis.examine(make(clips(**wrong), STUCK), batches=2)
  assert names(facts)[0] == name


def test_units_that_never_fire(make):
  subject = make(clips(), STUCK, network=True)
  block = subject.params['expert']['face_encoder']['stage_0_block_3']
  block['norm']['bias'] = np.full_like(block['norm']['bias'], -1e3)
  facts = diagnosis.examine(subject, batches=2)
  assert names(facts)[0] == 'dead'
  says = diagnosis.findings(facts)[0].says
  assert 'channels of face_encoder/stage_0_block_3 never fire' in says
  dead = facts['probe']['layers']
  assert dead['face_encoder/stage_0_block_3'][0] == block['norm']['bias'].size
  assert dead['audio_encoder/block_0'][0] == 0


def test_numbers_that_are_none(make):
  subject = make(clips(), STUCK, network=True)
  block = subject.params['expert']['audio_encoder']['block_0']
  block['conv']['kernel'] = np.full_like(block['conv']['kernel'], np.nan)
  found = diagnosis.findings(diagnosis.examine(subject, batches=2))
  assert found[0].name == 'not_finite_network'
  assert 'params/expert/audio_encoder/block_0/conv/kernel' in found[0].says


def test_damaged_records_are_counted(make, tmp_path):
  subject = make(clips(), WELL)
  damage.flip(next(tmp_path.glob('*train*0001')), 3)
  facts = diagnosis.examine(subject, batches=2)
  assert names(facts) == ['damaged']


@pytest.fixture(scope='module')
def well():
  """Facts in which nothing is wrong."""
  return {
    'run': {
      'batch_size': 8,
      'windows_per_clip': 8,
      'objective': 'multiway',
      'stuck_after': 2000,
    },
    'data': 'data',
    'damaged': 0,
    'curve': diagnosis.examination.curve.read(STUCK, 'expert'),
    'records': {
      'records': 100,
      'read': 100,
      'speakers': 20,
      'clips': 100,
      'not_finite': 0,
      'silent_windows': 0.0,
      'flat_windows': 0.0,
      'still_windows': 0.0,
    },
    'stored': None,
    'measured': None,
    'probe': None,
    'network': None,
    'generator': None,
  }


def altered(facts, *path, **values):
  facts = copy.deepcopy(facts)
  inner = facts
  for name in path:
    inner = inner[name]
  inner.update(values)
  return facts


def test_a_tiny_batch(well):
  facts = altered(well, 'run', batch_size=2, windows_per_clip=2)
  found = diagnosis.findings(facts)
  assert [f.name for f in found] == ['batch']
  assert '2 clips, 4 windows' in found[0].says
  learnt = facts | {'curve': diagnosis.examination.curve.read(WELL, 'expert')}
  assert names(learnt) == []


def test_cosine_bce_at_ln_2(well):
  facts = altered(well, 'run', objective='cosine_bce')
  assert names(facts) == ['objective']
  assert "configs/expert.py's default" in diagnosis.findings(facts)[0].do


def test_few_people_and_a_rate_of_nothing(well):
  facts = altered(well, 'records', speakers=1)
  assert names(altered(facts, 'curve', learning_rate=1e-9)) == [
    'rate',
    'few_speakers',
  ]


def test_a_young_run_is_not_judged_yet(well):
  young = altered(well, 'run', stuck_after=5001, batch_size=1)
  assert names(young) == ['batch']  # which is so at any step
  said = diagnosis.headline(young)
  assert said.startswith('It has learnt nothing yet: the loss is 2.77')
  assert 'after step 5001 (stuck_after); this is 5000.' in said
  old = diagnosis.headline(altered(young, 'run', stuck_after=5000))
  assert old.startswith('It has learnt nothing: the loss is 2.77')
  rateless = altered(young, 'curve', learning_rate=0.0)
  assert names(rateless) == ['rate', 'batch']


def test_readers_of_lips_have_a_chance_of_another_kind(well):
  reader = altered(well, 'run', objective=None, batch_size=1)
  assert names(reader) == []
  assert diagnosis.headline(reader).startswith('At step 5000 the loss is')


def test_the_expert_of_a_generator_is_asked_whatever_is_stored(make):
  log = [{'step': 10, 'val/l1': 0.1}]
  chunks = [ailing.chunk(k, stored=0.0) for k in range(8)]
  asked = diagnosis.examine(make(chunks, log), own=ailing.Judge(), batches=2)
  assert asked['stored'] and asked['measured']['counts'] == {'0': 8}
  # An expert's own ears are not, where offsets are known.
  asked = diagnosis.examine(make(chunks, WELL), own=ailing.Judge(), batches=2)
  assert asked['measured'] is None


def test_clips_known_by_heart(well):
  log = rows(0.2, val=CHANCE)
  facts = well | {'curve': diagnosis.examination.curve.read(log, 'expert')}
  assert names(facts) == ['memory']


def test_a_gate_that_never_opened(well):
  generator = {
    'gate': 0.75,
    'sync': 0.9,
    'least_sync': 0.8,
    'validations': 3,
    'first_l1': 0.3,
    'l1': 0.05,
  }
  facts = well | {'curve': {}, 'generator': generator}
  assert names(facts) == ['gate']
  opened = altered(facts, 'generator', least_sync=0.7)
  assert names(opened) == []
  heard = {'off': 0.5, 'unknown': 0.5, 'median': 0, 'deviation': 6}
  assert 'expert' in names(opened | {'measured': heard})


def test_the_last_step_that_moved():
  log = rows(CHANCE - 0.4)  # from step 1000 on still
  found = diagnosis.examination.curve.read(log, 'expert')
  assert found['loss'] == pytest.approx(CHANCE - 0.4)
  # The mean of ten rows follows within 2 % of the end.
  assert 900 <= found['still_since'] <= 1450


def test_findings_say_says_what_to_do(well):
  for finding in diagnosis.findings(altered(well, 'records', not_finite=3)):
    assert finding.says.endswith('.') and finding.do.endswith('.')
