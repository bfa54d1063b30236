"""What a run says by itself when its expert learns nothing."""

import logging
import pathlib
from typing import Any

import jax

from lipsync_jax import metric_writer
from lipsync_jax.training.diagnosis import examination, standing, verdict

_LOG = logging.getLogger(__name__)

# Seconds, not minutes, of the run's time.
_BATCHES, _RECORDS = 2, 96


def raise_alarm(
  workdir: Any,
  family: Any,
  source: Any,
  state: Any,
) -> None:
  """Logs a short diagnosis and the command for a longer one.

  Whatever goes wrong in it, the run goes on. Of several hosts one calls this.

  Args:
    workdir: of the run.
    family, source: see `examination.Subject`.
    state: its `train_state.TrainState`.
  """
  lines = ['The expert is stuck: it does no better than guessing.']
  try:
    subject = examination.Subject(
      name=str(workdir),
      family=family,
      source=source,
      split=family.config.data.train_split,
      rows=metric_writer.read(pathlib.Path(workdir) / 'metrics.jsonl'),
      step=int(state.step),
      params=jax.device_get(state.params),
      model_state=jax.device_get(state.model_state),
    )
    facts = examination.examine(subject, batches=_BATCHES, records=_RECORDS)
    lines = [f'The expert is stuck. {standing.headline(facts)}']
    for k, found in enumerate(verdict.findings(facts), 1):
      lines += [f'{k}. {found.says}', f'   {found.do}']
  except Exception as error:  # It must not end what it only describes.
    lines.append(f'(A short diagnosis failed: {error!r}.)')
  lines.append(f'More: python -m tools.diagnose --workdir {workdir}')
  _LOG.warning('\n'.join(lines))
