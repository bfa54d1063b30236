"""A data set on any file system that Beam knows: local, gs://, s3://, hdfs://."""

import os
import pathlib
import shutil

from apache_beam.io import filesystem, filesystems

from input_pipeline import manifest
from input_pipeline.preparation import assemble, prepare

_PLAIN = filesystem.CompressionTypes.UNCOMPRESSED


class Target:
  """Where a data set is to be, and where it is written until it is complete.

  A local one is written beside its place and renamed in the end. Elsewhere
  there is no renaming of folders: what is replaced is removed first, and the
  manifest is written last.

  Args:
    output: a path, or an address such as gs://bucket/data.
    overwrite: replace what is there, if we made it.

  Raises:
    FileExistsError: something is there that is not to be replaced, or not ours.
  """

  def __init__(self, output: str, *, overwrite: bool = False):
    self._local = filesystems.FileSystems.get_scheme(output) is None
    if self._local:
      output = os.path.abspath(output)
      prepare.check_output(pathlib.Path(output), overwrite=overwrite)
    elif _names(output):
      if not overwrite:
        raise FileExistsError(
          f'{output} exists. Choose another output, or replace it with '
          '--overwrite.'
        )
      if not filesystems.FileSystems.exists(_join(output, manifest.NAME)):
        raise FileExistsError(
          f'{output} was not made by this tool and is not replaced.'
        )
    self.output = output
    self.folder = f'{output}.partial' if self._local else output

  def begin(self) -> None:
    """Removes what was there, or is left of a run that failed."""
    if self._local:
      shutil.rmtree(self.folder, ignore_errors=True)
      pathlib.Path(self.folder).mkdir(parents=True)
    elif found := _names(self.output):
      filesystems.FileSystems.delete(found)

  def finish(self) -> list[dict]:
    """Puts it in its place; returns the rows of the manifest."""
    if self._local:
      assemble.replace(pathlib.Path(self.folder), pathlib.Path(self.output))
      return manifest.read(self.output)
    path = _join(self.output, manifest.NAME)
    with filesystems.FileSystems.open(path, compression_type=_PLAIN) as file:
      return manifest.parse(file)


def put(path: pathlib.Path, folder: str) -> None:
  """Copies a local file into a folder, under its name."""
  target = _join(folder, path.name)
  with (
    open(path, 'rb') as source,
    filesystems.FileSystems.create(target, compression_type=_PLAIN) as file,
  ):
    shutil.copyfileobj(source, file)


def put_all(here: pathlib.Path, folder: str) -> None:
  """Copies the files of a local folder, the manifest last."""
  for path in sorted(here.iterdir(), key=lambda p: p.name == manifest.NAME):
    put(path, folder)


def _join(folder: str, name: str) -> str:
  return filesystems.FileSystems.join(folder, name)


def _names(folder: str) -> list[str]:
  """The files of a folder."""
  [found] = filesystems.FileSystems.match([_join(folder, '*')])
  return [about.path for about in found.metadata_list]
