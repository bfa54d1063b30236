"""The choice of a face detector, as the commands offer it."""

import argparse
import os

from input_pipeline import faces


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """--detector, --yunet and --s3fd."""
  parser.add_argument(
    '--detector',
    choices=('auto', 'yunet', 'cascade', 's3fd'),
    default='auto',
    help='auto: YuNet if its model is found, else the bundled cascade; s3fd: '
    "the papers' detector, in batches, for an accelerator",
  )
  parser.add_argument(
    '--yunet', metavar='PATH', help='face_detection_yunet_2023mar.onnx'
  )
  parser.add_argument(
    '--s3fd',
    metavar='DIR',
    help='with --detector s3fd: folder that tools.convert_checkpoint made of '
    'its published weights',
  )


def load_s3fd(
  detector: str,
  folder: str | os.PathLike | None,
  *,
  yunet: bool = False,
  **settings,
) -> faces.BatchDetector | None:
  """S3FD from --s3fd if --detector asks for it, else None.

  Args:
    detector: --detector.
    folder: --s3fd.
    yunet: whether YuNet's model was given as well.
    **settings: of `s3fd_detector.Detector`.

  Raises:
    ValueError: one of the two is missing, the folder holds no S3FD, or YuNet's
      model was given in vain.
  """
  if detector != 's3fd':
    if folder:
      raise ValueError(f'--s3fd goes with --detector s3fd, not {detector}.')
    return None
  if yunet:
    raise ValueError("YuNet's model does not go with --detector s3fd.")
  if not folder:
    raise ValueError(
      '--detector s3fd needs --s3fd DIR: the folder that '
      'tools.convert_checkpoint made of its published weights.'
    )
  # Here, so that the other detectors do not wait for JAX.
  from lipsync_jax import s3fd_detector

  return s3fd_detector.load(folder, **settings)


def make(options: argparse.Namespace, **settings) -> faces.Detector:
  """The detector that parsed arguments ask for.

  Args:
    options: parsed.
    **settings: of `s3fd_detector.Detector`, if it is S3FD.

  Raises:
    ValueError, FileNotFoundError: see `load_s3fd` and `faces.make_detector`.
  """
  return load_s3fd(
    options.detector, options.s3fd, yunet=bool(options.yunet), **settings
  ) or faces.make_detector(options.detector, model_path=options.yunet)
