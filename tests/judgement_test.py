"""What is said of a measurement, and when nothing is."""

import dataclasses
import json

import cv2
import judged
import numpy as np
import pytest

from lipsync_jax.judging import judgement, sync_plot


def test_what_is_more_than_chance_is_told():
  found = judged.make(3)
  assert found.reason() == '' and found.verdict() == 'sound leads'
  assert found.words() == (
    'audio leads by 3 frames (120 ms): delay it by 0.120 s'
  )
  assert judged.make(0).words() == 'in sync'


def test_what_wrong_sounds_reach_too_is_undetermined():
  found = judged.make(3, confidence=0.08, level=0.1)
  assert found.verdict() == 'undetermined'
  assert found.words() == (
    'undetermined: confidence 0.08; wrong sounds reach 0.1 on these pictures'
  )
  # A number of the user's own decides instead.
  assert found.verdict(0.05) == 'sound leads'
  assert found.words(0.09) == 'undetermined: the confidence is below 0.09'
  assert judged.make(confidence=np.nan).verdict() == 'undetermined'
  assert judged.make(level=np.nan).verdict() == 'undetermined'
  # An expert to which all sounds are alike.
  assert judged.make(confidence=0.0, level=0.0).verdict() == 'undetermined'


def test_silence_is_undetermined_whatever_the_confidence():
  speech = np.zeros(200, bool)
  speech[:10] = True
  found = judged.make(speech=speech, frames=200)
  assert found.words(0.0) == 'undetermined: the sound is silent in 95 % of it'
  speech[:15] = True
  assert found.words() == 'in sync'
  # Speech counts where the face is seen.
  away = dataclasses.replace(found, seen=~speech)
  assert away.words() == 'undetermined: the sound is silent in 100 % of it'
  assert judgement.silent().words() == 'undetermined: the sound is silent'


@pytest.mark.parametrize(
  'found', [judged.make(-2), judgement.silent(), judged.make(level=np.nan)]
)
def test_facts_are_json(found):
  facts = json.loads(json.dumps(found.about(), allow_nan=False))
  assert facts['verdict'] == found.verdict()
  if found.measured:
    assert (facts['offset'], facts['milliseconds']) == (
      found.measured.offset,
      40 * found.measured.offset,
    )
    assert facts['frame_confidence'] == [0.5] * 50 and facts['speech'] == 1
  else:
    assert facts['offset'] is None and facts['frame_confidence'] == []


def test_facts_of_a_network_that_has_diverged_are_json():
  facts = judged.make(confidence=np.nan).about()
  assert json.loads(json.dumps(facts, allow_nan=False))['confidence'] is None
  assert facts['verdict'] == 'undetermined'


def test_distances_are_drawn():
  found = judged.make(4)
  drawn = sync_plot.distances(found)
  assert drawn.argmin() == 15 + 4
  assert drawn.min() == pytest.approx(1 - 0.6)
  euclidean = dataclasses.replace(
    found,
    measured=dataclasses.replace(
      found.measured, similarity='distance', curve=(None, -2.0, *[-9.0] * 29)
    ),
  )
  drawn = sync_plot.distances(euclidean)
  assert np.isnan(drawn[0]) and drawn[1] == 2


def test_a_plot_is_a_picture_and_the_same_again():
  some = [judged.make(k, speech=np.arange(50) > 20) for k in (0, -6)]
  picture = sync_plot.draw(['one', 'a name ' * 9], some)
  assert picture == sync_plot.draw(['one', 'a name ' * 9], some)
  image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
  height, width, _ = image.shape
  assert (height, width) == (460, 740)
  assert len(np.unique(image.reshape(-1, 3), axis=0)) > 50


def test_names_are_no_formulas():
  sync_plot.draw(['$\\frac{a$_x'], [judged.make()])
