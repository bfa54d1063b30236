r"""Your own footage as a TFDS data set, made by TFDS's own command.

tfds build input_pipeline/talking_faces.py --manual_dir=my_videos \
  --data_dir=data

from the folder of this repository, installed with the tensorflow extra, makes
data/talking_faces/footage/1.0.0, which `tfds.load('talking_faces', data_dir=
'data')` reads and `lipsync_jax.main` trains on. my_videos/ANNA/one.mp4,
my_videos/BEN/two.mov, ...: one folder per speaker, or train/, val/ and test/
above them. Numbers other than the usual ones are a configuration of your own:

  --config='{"name": "small", "decoding": {"size": 96, "detector": "cascade"},
    "select": {"min_face": 80}}'

Sync is not checked here, and there is no list of what was left out, and why:
that is what `python -m tools.prepare` is for, whose data sets TFDS reads too.
"""

import collections
import dataclasses
import logging
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow_datasets as tfds

from input_pipeline import fields, manifest
from input_pipeline.preparation import (
  assemble,
  candidates,
  parts,
  prepare_facts,
  prepare_video,
  selection,
  sources,
)

_log = logging.getLogger(__name__)


@dataclasses.dataclass(eq=False)
class TalkingFacesConfig(tfds.core.BuilderConfig):
  """How footage becomes data.

  Attributes:
    layout: how the folder is arranged, see `layouts.LAYOUTS`.
    decoding: fields of `prepare_video.Options` that are not the usual ones.
    select: the same of `selection.Thresholds`.
    validation_fraction: of the speakers whose split is not given by a folder.
    licence: of the footage; None: the layout's.
    workers: processes; None: one per core.
  """

  layout: str = 'plain'
  decoding: dict[str, Any] = dataclasses.field(default_factory=dict)
  select: dict[str, Any] = dataclasses.field(default_factory=dict)
  validation_fraction: float = 0.1
  licence: str | None = None
  workers: int | None = None


class TalkingFaces(tfds.core.GeneratorBasedBuilder):
  """Face tracks of talking people with their sound."""

  VERSION = tfds.core.Version('1.0.0')
  RELEASE_NOTES = {'1.0.0': 'First.'}
  MANUAL_DOWNLOAD_INSTRUCTIONS = (
    'A folder of videos, with one folder per speaker in it; below train/, val/ '
    'and test/ where you decide the splits yourself.'
  )
  BUILDER_CONFIGS = [TalkingFacesConfig(name='footage')]

  def _info(self) -> tfds.core.DatasetInfo:
    return tfds.core.DatasetInfo(
      builder=self,
      description='Face tracks of talking people with their sound.',
      features=fields.features(),
      metadata=tfds.core.MetadataDict(),  # known when the videos are
    )

  def _split_generators(
    self, dl_manager: tfds.download.DownloadManager
  ) -> dict[str, Iterator]:
    """Prepares all videos: only speakers of whom something is kept count."""
    config = self.builder_config
    found = sources.find(
      dl_manager.manual_dir, layout=config.layout, licence=config.licence
    )
    options = prepare_facts.settle(prepare_video.Options(**config.decoding))
    thresholds = selection.Thresholds(**config.select)
    # Where TFDS keeps what it need not make twice.
    folder = pathlib.Path(dl_manager.download_dir, 'candidates', config.name)
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [parts.Job(source, options, folder) for source in found]
    rows = prepare_facts.name_rows(
      jobs, parts.run(jobs, workers=config.workers or os.cpu_count() or 1)
    )
    candidates.tidy(folder, [job.store.name for job in jobs])
    selection.select(rows, thresholds)
    assemble.assign_splits(rows, config.validation_fraction)
    _say(rows)
    self.info.metadata.update(
      expert=None,
      chance=None,
      **prepare_facts.of_decoding(options),
      **prepare_facts.of_selection(
        rows, thresholds, config.validation_fraction
      ),
    )
    names = sorted({row['split'] for row in rows if row['kept']})
    return {name: self._generate_examples(rows, folder, name) for name in names}

  def _generate_examples(
    self, rows: Sequence[dict], folder: pathlib.Path, split: str
  ) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records of a split, by names of their own."""
    for k, clip_id in assemble.clip_ids(rows).items():
      if rows[k]['split'] == split:
        store = candidates.Store(folder, rows[k]['store'])
        for chunk in assemble.finish(rows[k], store, clip_id=clip_id):
          key = f'{clip_id}@{chunk.start_frame}'
          yield key, vars(chunk) | {'frames': list(chunk.frames)}


def _say(rows: Sequence[dict]) -> None:
  """Logs what is left out.

  Raises:
    ValueError: that is everything.
  """
  reasons = collections.Counter(
    manifest.reason(row) for row in rows if not row['kept']
  )
  said = ', '.join(f'{n} of {len(rows)}: {why}' for why, n in reasons.items())
  if not any(row['kept'] for row in rows):
    raise ValueError(f'Nothing is left of the videos: {said}.')
  if said:
    _log.warning('Left out: %s.', said)
