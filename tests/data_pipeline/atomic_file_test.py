import json

import pytest

from data_pipeline import atomic_file
from data_pipeline.errors import InputError


def names_in(folder):
  return sorted(path.name for path in folder.iterdir())


def test_folder_is_made_and_the_file_appears_at_the_end(tmp_path):
  path = tmp_path / 'new' / 'below' / 'file.bin'
  with atomic_file.replacing(path) as partial:
    partial.write_bytes(b'whole')
    assert not path.exists()
    # A rename is atomic only within a file system.
    assert partial.parent == path.parent
  assert path.read_bytes() == b'whole'
  assert names_in(path.parent) == ['file.bin']


def test_older_file_stays_until_the_new_one_is_complete(tmp_path):
  path = tmp_path / 'file.txt'
  path.write_text('old')
  with atomic_file.replacing(path) as partial:
    partial.write_text('new')
    assert path.read_text() == 'old'
  assert path.read_text() == 'new'
  assert names_in(tmp_path) == ['file.txt']


@pytest.mark.parametrize('exception', [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize('existing', [[], ['file.txt']])
def test_exception_leaves_everything_as_it_was(tmp_path, exception, existing):
  for name in existing:
    (tmp_path / name).write_text('old')
  with pytest.raises(exception):
    with atomic_file.replacing(tmp_path / 'file.txt') as partial:
      partial.write_text('ne')
      raise exception
  assert names_in(tmp_path) == existing
  assert all((tmp_path / name).read_text() == 'old' for name in existing)


def test_nothing_written_is_an_error_and_keeps_the_older_file(tmp_path):
  path = tmp_path / 'file.txt'
  path.write_text('old')
  with pytest.raises(FileNotFoundError):
    with atomic_file.replacing(path):
      pass
  assert path.read_text() == 'old'


def test_folder_that_is_a_file_is_an_os_error(tmp_path):
  (tmp_path / 'file').write_text('')
  with pytest.raises(OSError, match='file'):
    atomic_file.write_text(tmp_path / 'file' / 'below', 'text')


def test_text_is_utf_8(tmp_path):
  atomic_file.write_text(tmp_path / 'text', 'ü street\n')
  assert (tmp_path / 'text').read_bytes() == b'\xc3\xbc street\n'


def test_json_is_read_back_and_ends_with_a_newline(tmp_path):
  content = {'a': [1, 2.5, None], 'b': {'c': 'd'}}
  atomic_file.write_json(str(tmp_path / 'x.json'), content)
  text = (tmp_path / 'x.json').read_text()
  assert json.loads(text) == content
  assert text.endswith('}\n')


@pytest.mark.parametrize('number', [float('nan'), float('inf')])
def test_numbers_that_json_lacks_are_refused(tmp_path, number):
  atomic_file.write_json(tmp_path / 'x.json', 1)
  with pytest.raises(ValueError, match='JSON'):
    atomic_file.write_json(tmp_path / 'x.json', {'metric': number})
  assert (tmp_path / 'x.json').read_text() == '1\n'


def test_a_file_that_cannot_be_made_is_named_before_there_is_content(tmp_path):
  atomic_file.check_writable(tmp_path / 'deep' / 'a.json')
  assert not list((tmp_path / 'deep').iterdir())
  (tmp_path / 'a.json').write_text('old')
  atomic_file.check_writable(tmp_path / 'a.json')
  assert (tmp_path / 'a.json').read_text() == 'old'
  with pytest.raises(InputError, match='a.json/b.json cannot be written'):
    atomic_file.check_writable(tmp_path / 'a.json' / 'b.json')


def test_a_link_is_the_same_file_or_a_copy(tmp_path, monkeypatch):
  source = tmp_path / 'source.bin'
  source.write_bytes(b'content')
  for _ in range(2):  # Also where it is there.
    atomic_file.link(source, tmp_path / 'new' / 'link.bin')
  assert source.samefile(tmp_path / 'new' / 'link.bin')

  def refuse(*_):
    raise OSError('no links here')

  monkeypatch.setattr(atomic_file.os, 'link', refuse)
  (tmp_path / 'copy.bin').write_bytes(b'old')
  atomic_file.link(source, tmp_path / 'copy.bin')
  assert not source.samefile(tmp_path / 'copy.bin')
  assert (tmp_path / 'copy.bin').read_bytes() == b'content'
  assert names_in(tmp_path / 'new') == ['link.bin']
