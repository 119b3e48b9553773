"""A bit that flips in a file of a checkpoint is noticed."""

import json

import pytest

from instgan_jax.checkpoints import checksums


@pytest.fixture
def folder(tmp_path):
  (tmp_path / 'd').mkdir()
  (tmp_path / 'd' / 'array').write_bytes(bytes(range(256)))
  (tmp_path / 'names').write_text('{}')
  checksums.write(tmp_path)
  return tmp_path


def test_the_files_as_they_were_written_pass(folder):
  checksums.check(folder)
  (folder / 'config.json').write_text('{}')  # Written later by others.
  checksums.check(folder)


@pytest.mark.parametrize('position', [0, 100, 255])
def test_a_flipped_bit_is_noticed(folder, position):
  data = bytearray((folder / 'd' / 'array').read_bytes())
  data[position] ^= 1
  (folder / 'd' / 'array').write_bytes(data)
  with pytest.raises(checksums.ChecksumError, match='d/array has another'):
    checksums.check(folder)


def test_a_missing_file_is_noticed(folder):
  (folder / 'names').unlink()
  with pytest.raises(checksums.ChecksumError, match='names is missing'):
    checksums.check(folder)


@pytest.mark.parametrize('content', ['{', '[1]', json.dumps({'names': '0'})])
def test_damaged_hashes_are_noticed(folder, content):
  (folder / checksums.FILE).write_text(content)
  with pytest.raises(checksums.ChecksumError):
    checksums.check(folder)


def test_a_folder_of_an_older_version_has_none(folder):
  (folder / checksums.FILE).unlink()
  (folder / 'names').unlink()
  checksums.check(folder)
