import zipfile

import pytest

from data_pipeline.cityscapes import archives
from data_pipeline.errors import InputError


@pytest.fixture
def folder(tmp_path, make_scenes, write_archives):
  return write_archives(tmp_path / 'zips', train=make_scenes(3))


def test_files_come_as_they_were_stored(folder):
  with archives.CityscapesArchives(folder) as opened:
    scenes = opened.scenes('train')
    assert list(scenes) == ['town_000000', 'town_000001', 'town_000002']
    files = opened.read(scenes['town_000001'])
  for content, path, name in zip(
    files,
    scenes['town_000001'],
    ('leftImg8bit', 'gtFine', 'gtFine'),
    strict=True,
  ):
    with zipfile.ZipFile(folder / archives.NAMES[name]) as archive:
      assert content == archive.read(path)


def test_split_without_scenes_is_refused(folder):
  with archives.CityscapesArchives(folder) as opened:
    with pytest.raises(InputError, match='zips, split val: there is no image'):
      opened.scenes('val')


def test_scene_without_a_file_is_refused(folder):
  path = folder / archives.NAMES['gtFine']
  with zipfile.ZipFile(path) as archive:
    contents = {name: archive.read(name) for name in archive.namelist()}
  with zipfile.ZipFile(path, 'w') as archive:
    for name, content in contents.items():
      if 'town_000001_gtFine_instanceIds' not in name:
        archive.writestr(name, content)
  with archives.CityscapesArchives(folder) as opened:
    with pytest.raises(
      InputError, match='1 of 3 scenes have no instance map .*: z/town_000001'
    ):
      opened.scenes('train')


@pytest.mark.parametrize('name', archives.NAMES.values())
def test_missing_archive_is_named_with_where_to_get_it(folder, name):
  (folder / name).unlink()
  with pytest.raises(
    InputError, match=f'zips: has no {name}. Register at https://www.citys'
  ):
    archives.CityscapesArchives(folder)


@pytest.mark.parametrize('content', [b'', b'<html>please log in</html>'])
def test_file_that_is_no_archive_is_refused(folder, content):
  path = folder / archives.NAMES['gtFine']
  path.write_bytes(content)
  with pytest.raises(
    InputError, match='gtFine_train.* not a complete zip archive'
  ):
    archives.CityscapesArchives(folder)


def test_download_that_stopped_is_refused(folder):
  path = folder / archives.NAMES['gtFine']
  path.write_bytes(path.read_bytes()[:-30])
  with pytest.raises(
    InputError, match='gtFine_train.* not a complete zip archive'
  ):
    archives.CityscapesArchives(folder)


def test_damaged_contents_are_refused(folder):
  path = folder / archives.NAMES['gtFine']
  content = bytearray(path.read_bytes())
  start = content.index(b'IDAT') + 4
  content[start : start + 4] = b'\0' * 4
  path.write_bytes(content)
  with archives.CityscapesArchives(folder) as opened:
    with pytest.raises(InputError, match='gtFine/train/.* in it cannot be re'):
      for files in opened.scenes('train').values():
        opened.read(files)
