"""Content Credentials (C2PA): a signed note in the file of how it was made.

What a signature proves: that whoever holds the key signed this very file with
this note, and that neither was changed since. What it does not prove: that the
note is true, that anybody agreed, or who the holder is. The last is what a
certificate authority vouches for: viewers show a signer's name as trusted only
if the certificate comes from one on their list. With a certificate of your own
making they say 'unknown source'; the file's integrity is proven all the same.
Whoever wants the note gone can take it out: its absence proves nothing.

A certificate must be made for it: no authority's own, key usage
digitalSignature, extended key usage emailProtection or documentSigning. Nothing
is sent or fetched, unless a timestamp authority is named.
"""

import dataclasses
import importlib.util
import io
import os
import pathlib
import tempfile
from typing import Any

from lipsync_jax.inference import c2pa_manifest, certificates

_PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg"></svg>'
_INSTALL = "pip install -e '.[c2pa]'"
_OFFLINE = {
  'verify': {'remote_manifest_fetch': False, 'ocsp_fetch': False},
  'builder': {'thumbnail': {'enabled': False}},
}


@dataclasses.dataclass(frozen=True)
class Signer:
  """Who signs.

  Attributes:
    certificate: PEM file: the signer's certificate, then those that signed it.
    key: PEM file of its private key, without a password.
    algorithm: 'es256', 'es384', 'es512', 'ps256', 'ps384', 'ps512' or
      'ed25519'; by default the key's.
    timestamp_url: of an RFC 3161 authority that is asked for the time; None:
      nobody is asked, and the signature ends with the certificate.
  """

  certificate: str | os.PathLike
  key: str | os.PathLike
  algorithm: str | None = None
  timestamp_url: str | None = None


def check(signer: Signer) -> None:
  """Says before the work is done whether `sign` can sign.

  Raises:
    ValueError: c2pa-python is not installed, or certificate and key are not
      there, cannot be used, or do not belong together.
  """
  if not _installed():
    raise ValueError(f'Signing needs c2pa-python: {_INSTALL}')
  import c2pa

  try:
    with _open(signer) as opened:
      # What certificates must be is looked at only when something is signed.
      _write(
        opened,
        io.BytesIO(_PICTURE),
        io.BytesIO(),
        'svg',
        c2pa_manifest.make(''),
      )
  except c2pa.C2paError as error:
    raise ValueError(
      f'{signer.certificate} cannot sign: {_line(error)}'
    ) from error


def sign(
  path: str | os.PathLike,
  *,
  title: str,
  signer: Signer | None = None,
  video: str | os.PathLike | None = None,
  consent: str | None = None,
) -> str:
  """Puts a signed manifest into a finished video; all of it, or nothing.

  The manifest says that the file was opened and then edited by this software,
  with a network; of which video, if C2PA can read that (its own manifest, if it
  has one, goes along), else that the file was created so.

  Args:
    path: the video, .mp4, .m4v or .mov; replaced when signed.
    title: of the file, as viewers show it.
    signer: who signs; None: nobody, and nothing is done.
    video: what was edited; only its name and its manifest are taken.
    consent: who agreed, as stated; an assertion of its own.

  Returns:
    One sentence of what was done, or why not: no signer, no c2pa-python, or a
    file that C2PA does not know. Only a signed file is another than before.

  Raises:
    ValueError: as `check`, or signing failed; the file is as it was.
  """
  path = pathlib.Path(path)
  if signer is None:
    return 'No C2PA manifest: no certificate was given.'
  if not _installed():
    return f'No C2PA manifest: c2pa-python is not installed ({_INSTALL}).'
  import c2pa

  known = c2pa.Builder.get_supported_mime_types()
  if _kind(path) not in known:
    return f'No C2PA manifest: C2PA does not know {path.suffix} files.'
  said = f'C2PA manifest, signed with {pathlib.Path(signer.certificate).name}.'
  parents = (video, None) if video and _kind(video) in known else (None,)
  for parent in parents:
    try:
      content = c2pa_manifest.make(title, parent=bool(parent), consent=consent)
      _replace(path, signer, content, parent)
      break
    except (c2pa.C2paError, OSError) as error:
      if parent is None:
        raise ValueError(f'{path} was not signed: {_line(error)}') from error
      # Such as a PNG named .jpg: no reason to lose what was dubbed.
      said += f' It does not name the source ({_line(error)}).'
  return said


def _replace(
  path: pathlib.Path, signer: Signer, manifest: dict[str, Any], parent: Any
) -> None:
  with (
    _open(signer) as opened,
    tempfile.TemporaryDirectory(
      dir=path.parent, prefix=f'.{path.stem}-'
    ) as folder,
  ):
    signed = pathlib.Path(folder, path.name)
    with open(path, 'rb') as source, open(signed, 'w+b') as target:
      _write(opened, source, target, _kind(path), manifest, parent)
    os.replace(signed, path)


def _write(
  signer: Any,
  source: io.BufferedIOBase,
  target: io.BufferedIOBase,
  kind: str,
  content: dict[str, Any],
  parent: Any = None,
) -> None:
  import c2pa

  with (
    c2pa.Settings.from_dict(_OFFLINE) as settings,
    c2pa.Context(settings) as context,
    c2pa.Builder(content, context) as builder,
  ):
    if parent:
      name = pathlib.Path(parent).name
      about = {
        'title': name,
        'relationship': 'parentOf',
        'label': c2pa_manifest.PARENT,
      }
      with open(parent, 'rb') as file:
        builder.add_ingredient(about, _kind(parent), file)
    builder.sign(signer, kind, source, target)


def _open(signer: Signer) -> Any:
  """The library's signer, of files that were looked at."""
  import c2pa

  pair = certificates.read(signer.certificate, signer.key)
  algorithm = signer.algorithm or pair.algorithm
  try:
    return c2pa.Signer.from_info(
      c2pa.C2paSignerInfo(algorithm, pair.chain, pair.key, signer.timestamp_url)
    )
  except c2pa.C2paError as error:
    raise ValueError(
      f'{signer.certificate} cannot sign: {_line(error)}'
    ) from error


def _installed() -> bool:
  return importlib.util.find_spec('c2pa') is not None


def _kind(path: str | os.PathLike) -> str:
  return pathlib.Path(path).suffix[1:].lower()


def _line(error: Exception) -> str:
  return str(error).strip().split('\n')[0]
