"""A certificate and its key, looked at before anything is signed with them."""

import datetime
import os
import pathlib
from typing import NamedTuple

# What the C2PA specification allows.
_CURVES = {'secp256r1': 'es256', 'secp384r1': 'es384', 'secp521r1': 'es512'}
_LEAST_RSA = 2048


class Pair(NamedTuple):
  """What signs.

  Attributes:
    chain: PEM of the signer's certificate and of those that signed it.
    key: PEM of the private key.
    algorithm: C2PA's name of the key's.
  """

  chain: bytes
  key: bytes
  algorithm: str


def read(certificate: str | os.PathLike, key: str | os.PathLike) -> Pair:
  """Reads both.

  Raises:
    ValueError: a file is missing, holds something else, needs a password, is
      outside its time, or the two do not belong together.
    ModuleNotFoundError: cryptography, which c2pa-python brings, is missing.
  """
  from cryptography import x509
  from cryptography.hazmat.primitives import serialization

  contents = [_content(path) for path in (certificate, key)]
  try:
    first = x509.load_pem_x509_certificates(contents[0])[0]
  except ValueError as error:
    raise ValueError(f'{certificate} is no PEM certificate.') from error
  try:
    private = serialization.load_pem_private_key(contents[1], None)
  except TypeError as error:
    raise ValueError(
      f'{key} is protected by a password; give a key without one.'
    ) from error
  except ValueError as error:
    raise ValueError(f'{key} is no PEM private key.') from error
  if private.public_key() != first.public_key():
    raise ValueError(f'{key} is not the key of {certificate}.')
  now = datetime.datetime.now(datetime.UTC)
  if not first.not_valid_before_utc <= now <= first.not_valid_after_utc:
    raise ValueError(
      f'{certificate} is valid from {first.not_valid_before_utc:%Y-%m-%d} to '
      f'{first.not_valid_after_utc:%Y-%m-%d}, not today.'
    )
  return Pair(*contents, _algorithm(private, key))


def _algorithm(private, path) -> str:
  from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

  if isinstance(private, ec.EllipticCurvePrivateKey):
    if private.curve.name in _CURVES:
      return _CURVES[private.curve.name]
  elif isinstance(private, ed25519.Ed25519PrivateKey):
    return 'ed25519'
  elif isinstance(private, rsa.RSAPrivateKey):
    if private.key_size >= _LEAST_RSA:
      return 'ps256'
  raise ValueError(
    f'{path} is of a kind that C2PA does not allow; make one of the curve '
    'P-256.'
  )


def _content(path: str | os.PathLike) -> bytes:
  try:
    return pathlib.Path(path).read_bytes()
  except OSError as error:
    raise ValueError(f'{path} cannot be read: {error.strerror}.') from error
