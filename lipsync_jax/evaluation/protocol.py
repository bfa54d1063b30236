"""What a benchmark is: everything that a number depends on, in one file."""

import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from lipsync_jax.evaluation import pairs as pairs_lib


@dataclasses.dataclass(frozen=True)
class Generate:
  """How videos are dubbed; see `lipsync_jax.inference.plans.Job`.

  The largest face is, and is measured.

  Attributes:
    fit: what is shown where the video is shorter than the sound.
    reference: 'same', 'fixed' or None.
    detect_every: frames between looks for faces.
    crf: of the H.264 that all rows are measured in, also the unedited ones.
  """

  fit: str = 'bounce'
  reference: str | None = None
  detect_every: int = 5
  crf: int = 16


@dataclasses.dataclass(frozen=True)
class Measure:
  """How they are measured.

  Attributes:
    size: side of the face squares in pixels; mouths are their lower halves.
    lse: whose frames SyncNet v2 sees: 'lrs' (whole frames, squashed), 'real'
      (tracks of run_pipeline) or 'none'.
    fid: of what, 'face' squares, whole 'frame's, or 'none'.
    silence: whether every video is dubbed with silence as well.
  """

  size: int = 128
  lse: str = 'lrs'
  fid: str = 'face'
  silence: bool = True


@dataclasses.dataclass(frozen=True)
class Protocol:
  """A benchmark.

  Attributes:
    name: of it, with a version.
    about: what it is, and under which licence the footage is.
    pairs: what is dubbed with what, in order.
    generate, measure: see there.
    files: path within the data root -> SHA-256; those not named may be
      anything.
    weights: 'expert', 'syncnet', 'inception', 'lpips' -> fingerprint that they
      must have; those not named may be any, and are named in the results.
    synthesize: options of tools.synthesize that make the data; {}: the user has
      them.
  """

  name: str
  about: str
  pairs: tuple[pairs_lib.Pair, ...]
  generate: Generate = Generate()
  measure: Measure = Measure()
  files: Mapping[str, str] = dataclasses.field(default_factory=dict)
  weights: Mapping[str, str] = dataclasses.field(default_factory=dict)
  synthesize: Mapping[str, Any] = dataclasses.field(default_factory=dict)

  @property
  def fingerprint(self) -> str:
    """Names all of it but the words."""
    values = dataclasses.asdict(self)
    del values['about']
    text = json.dumps(values, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

  def first(self, count: int) -> 'Protocol':
    """The same with fewer pairs, and a name that says so.

    Raises:
      ValueError: there would be none left.
    """
    if count < 1:
      raise ValueError(f'The first {count} pairs: choose at least 1.')
    # Of each kind: own sounds come first in most protocols.
    kept = [
      pair
      for own in (True, False)
      for pair in [p for p in self.pairs if p.own == own][:count]
    ]
    if len(kept) == len(self.pairs):
      return self
    name = f'{self.name} ({len(kept)} of {len(self.pairs)} pairs)'
    return dataclasses.replace(self, name=name, pairs=tuple(kept))


def digests(
  protocol: Protocol, root: pathlib.Path, progress: Callable = iter
) -> dict[str, str]:
  """SHA-256 of every file that takes part, by its name in the list.

  Args:
    protocol: whose pairs are meant.
    root: folder of the footage.
    progress: shows a list while it is gone through, such as tqdm.

  Raises:
    ValueError: a file is missing, or another than the protocol pins.
  """
  names = [name for p in protocol.pairs for name in (p.video, p.audio)]
  found = {}
  for name in progress(sorted(set(names))):
    path = pairs_lib.locate(root, name)
    with path.open('rb') as file:
      found[name] = hashlib.file_digest(file, 'sha256').hexdigest()
    wanted = protocol.files.get(name, found[name])
    if found[name] != wanted:
      raise ValueError(
        f'{path} is not the file of the protocol (SHA-256 {found[name][:12]}, '
        f'it wants {wanted[:12]}): numbers would not be comparable.'
      )
  return found
