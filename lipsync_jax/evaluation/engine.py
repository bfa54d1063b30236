"""Loads what a benchmark is done with, and names it."""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import lipsync_jax
from input_pipeline import tracks
from lipsync_jax import compilation_cache
from lipsync_jax.evaluation import judges, work
from lipsync_jax.evaluation import protocol as protocols
from lipsync_jax.inference import generator


@dataclasses.dataclass(frozen=True)
class Options:
  """What takes part; plain values, so that every process can load it.

  Attributes:
    protocol: what is done.
    root: folder of the footage.
    folder: of the results.
    systems: row -> run folder of its generator.
    detector: makes the face detector, without arguments; picklable.
    expert, syncnet, inception, lpips: run folders; None: not at hand.
    landmarks: whether the landmark model of the extra is used.
  """

  protocol: protocols.Protocol
  root: pathlib.Path
  folder: pathlib.Path
  systems: Mapping[str, str]
  detector: Any
  expert: str | None = None
  syncnet: str | None = None
  inception: str | None = None
  lpips: str | None = None
  landmarks: bool = False


def load(options: Options) -> work.Bench:
  """Everything, ready to work, but for what it is named by.

  Args:
    options: what takes part.

  Raises:
    CheckpointError, ValueError: something is not what it should be.
  """
  compilation_cache.enable()
  detector = options.detector()
  return work.Bench(
    protocol=options.protocol,
    root=options.root,
    folder=options.folder,
    generators={
      name: generator.load(run) for name, run in options.systems.items()
    },
    judges=judges.load(
      expert=options.expert,
      syncnet=options.syncnet,
      inception=options.inception,
      lpips=options.lpips,
      landmarks=options.landmarks,
      lse=options.protocol.measure.lse,
      detector=detector,
    ),
    detector=detector,
    identity={},
  )


def identify(bench: work.Bench, files: Mapping[str, str]) -> dict[str, Any]:
  """Names everything that numbers depend on, by content.

  Args:
    bench: from `load`.
    files: name -> SHA-256 of the footage.

  Raises:
    ValueError: weights are others than the protocol pins.
  """
  found = bench.judges.fingerprints()
  for name, wanted in bench.protocol.weights.items():
    if found.get(name, wanted) != wanted:
      raise ValueError(
        f'The {name} has the weights {found[name]}, and the protocol is '
        f'pinned to {wanted}: numbers would not be comparable.'
      )
  return {
    'version': lipsync_jax.__version__,
    'protocol': bench.protocol.fingerprint,
    'face_crop': tracks.FACE_CROP,
    # S3FD's weights are the user's, others' are known by name.
    'detector': getattr(bench.detector, 'fingerprint', bench.detector.name),
    'judges': found,
    'systems': {
      row: maker.fingerprint for row, maker in bench.generators.items()
    },
    'files': dict(files),
  }
