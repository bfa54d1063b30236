"""What a preparation on many machines is told."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from input_pipeline import faces, shards
from input_pipeline.preparation import prepare_video, scoring, selection


@dataclasses.dataclass(frozen=True)
class Settings:
  """What every worker knows. It is pickled, and so are the functions in it.

  Attributes:
    options: how each video is decoded, see `prepare_facts.settle`.
    thresholds: what is kept of it.
    validation_fraction: of the speakers whose split is not given.
    load_scorer: loads what measures sync; None: it is not checked.
    load_detector: loads a detector that `options` cannot make.
    expert: what the data set says of the scorer; JSON values.
    shard_bytes: size of a shard.
  """

  options: prepare_video.Options
  thresholds: selection.Thresholds
  validation_fraction: float = 0.1
  load_scorer: Callable[[], scoring.Scorer] | None = None
  load_detector: Callable[[], faces.BatchDetector] | None = None
  expert: Mapping[str, Any] | None = None
  shard_bytes: int = shards.SHARD_BYTES

  def __post_init__(self):
    if self.load_scorer and self.thresholds.min_confidence is None:
      raise ValueError(
        'With an expert, Beam needs --config.select.min_confidence=X: what '
        'sounds that are not theirs reach is measured over all videos, which '
        'only tools.prepare does. Run it with the expert on a sample of the '
        "videos; its report says 'A confidence of at least X was asked'."
      )
