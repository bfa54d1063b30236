"""python -m tools.prepare --videos DIR --output DIR --config.FIELD=VALUE

Fields of `decoding` need the videos to be decoded again; those of `select` only
`python -m tools.prepare --rescore OUTPUT`.
"""

import dataclasses

import ml_collections

from configs import common
from input_pipeline.preparation import prepare_video, selection


def get_config(variant: str = '') -> ml_collections.ConfigDict:
  """Every number of the preparation; what they mean is said where they are."""
  common.check_variant('prepare', variant)
  config = ml_collections.ConfigDict()
  # input_pipeline/preparation/prepare_video.py, `Options`.
  config.decoding = dataclasses.asdict(prepare_video.Options())
  # The detector is chosen on the command line.
  del config.decoding.detector, config.decoding.model_path
  # input_pipeline/preparation/selection.py, `Thresholds`.
  config.select = dataclasses.asdict(selection.Thresholds())
  # None: the confidence that chance hardly reaches.
  config.select.min_confidence = ml_collections.config_dict.placeholder(float)
  return config
