"""Why a run does not learn: numbers of its data, its network and its log."""

from lipsync_jax.training.diagnosis.alarm import raise_alarm
from lipsync_jax.training.diagnosis.examination import Subject, examine
from lipsync_jax.training.diagnosis.plateau import Plateau
from lipsync_jax.training.diagnosis.standing import headline
from lipsync_jax.training.diagnosis.verdict import Finding, findings

__all__ = [
  'Finding',
  'Plateau',
  'Subject',
  'examine',
  'findings',
  'headline',
  'raise_alarm',
]
