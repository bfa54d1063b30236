"""Certificates of our own making: an authority's, and a signer's by it."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def write(folder, *, days=30, curve=None):
  """Writes chain.pem, key.pem, authority.pem and authority_key.pem."""
  authority, signer = (
    ec.generate_private_key(c)
    for c in (ec.SECP256R1(), curve or ec.SECP256R1())
  )
  root = _certificate('Authority', authority, 'Authority', authority, days=999)
  leaf = _certificate('Signer', signer, 'Authority', authority, days=days)
  contents = {
    'chain': leaf + root,
    'key': _private(signer),
    'authority': root,
    'authority_key': _private(authority),
  }
  folder.mkdir(exist_ok=True)
  paths = []
  for name, content in contents.items():
    paths.append(folder / f'{name}.pem')
    paths[-1].write_bytes(content)
  return paths


def _private(key):
  return key.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
  )


def _name(title):
  return x509.Name(
    [
      x509.NameAttribute(NameOID.COMMON_NAME, title),
      x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'A test'),
    ]
  )


def _certificate(subject, key, issuer, issuer_key, *, days):
  is_root = subject == issuer
  now = datetime.datetime.now(datetime.UTC)
  usage = dict.fromkeys(
    (
      'content_commitment',
      'key_encipherment',
      'data_encipherment',
      'key_agreement',
      'encipher_only',
      'decipher_only',
    ),
    False,
  )
  builder = (
    x509.CertificateBuilder(_name(issuer), _name(subject))
    .public_key(key.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(now - datetime.timedelta(days=10))
    .not_valid_after(now + datetime.timedelta(days=days))
    .add_extension(x509.BasicConstraints(is_root, None), critical=True)
    .add_extension(
      x509.KeyUsage(
        digital_signature=not is_root,
        key_cert_sign=is_root,
        crl_sign=is_root,
        **usage,
      ),
      critical=True,
    )
    .add_extension(
      x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
      critical=False,
    )
    .add_extension(
      x509.AuthorityKeyIdentifier.from_issuer_public_key(
        issuer_key.public_key()
      ),
      critical=False,
    )
  )
  if not is_root:
    builder = builder.add_extension(
      x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]),
      critical=False,
    )
  signed = builder.sign(issuer_key, hashes.SHA256())
  return signed.public_bytes(serialization.Encoding.PEM)
