"""A file is replaced by a whole one or stays what it was."""

import os

import pytest

from input_pipeline import whole_file


def test_text_and_bytes_are_written_as_they_are(tmp_path):
  path = tmp_path / 'a.txt'
  whole_file.write(path, 'é\r\n\udcff')
  assert path.read_bytes() == b'\xc3\xa9\r\n\xff'
  whole_file.write(path, b'new')
  assert path.read_bytes() == b'new'
  assert os.listdir(tmp_path) == ['a.txt']


def test_what_was_there_stays_when_writing_fails(tmp_path, monkeypatch):
  path = tmp_path / 'a.txt'
  path.write_text('old')

  def full(*names):
    raise OSError('No space left on device')

  monkeypatch.setattr(os, 'replace', full)
  with pytest.raises(OSError, match='No space'):
    whole_file.write(path, b'new')
  assert path.read_text() == 'old' and os.listdir(tmp_path) == ['a.txt']
