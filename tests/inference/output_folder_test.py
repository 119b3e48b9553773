"""The folder of generated images: one set of settings, nothing overwritten."""

import json

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.inference import map_folder, output_folder
from instgan_jax.visualization import image_grid

SETTINGS = {'seed': 0, 'vary': []}


@pytest.fixture
def maps(tmp_path):
  folder = tmp_path / 'maps'
  folder.mkdir()
  for name in ('a_labelIds.png', 'a_instanceIds.png', 'b_labelIds.png'):
    (folder / name).touch()
  return folder


def prepare(output, *map_folders, settings=SETTINGS, names=('a.png',)):
  return output_folder.prepare(
    str(output),
    map_folders=[str(folder) for folder in map_folders],
    settings=settings,
    names=names,
  )


def test_the_record_has_the_maps_and_the_settings(tmp_path, maps):
  output = prepare(tmp_path / 'deep' / 'out', maps)
  assert output == tmp_path / 'deep' / 'out'
  assert [path.name for path in output.iterdir()] == [output_folder.RECORD]
  assert json.loads((output / output_folder.RECORD).read_text()) == {
    'maps': [str(maps)],
    **SETTINGS,
  }


def test_the_same_settings_continue(tmp_path, maps):
  output = prepare(tmp_path / 'out', maps)
  (output / 'a.png').touch()
  record = (output / output_folder.RECORD).read_text()
  prepare(output, maps, names=('a.png', 'b.png'))
  assert (output / output_folder.RECORD).read_text() == record


def test_single_files_of_one_folder_share_an_output(tmp_path, maps):
  for name in 'ab':
    prepare(tmp_path / 'out', maps / f'{name}_labelIds.png')
  prepare(tmp_path / 'out', maps)


def test_other_settings_are_refused(tmp_path, maps):
  output = prepare(tmp_path / 'out', maps)
  with pytest.raises(InputError) as error:
    prepare(output, maps, settings={'seed': 1, 'vary': [2], 'new': True})
  assert str(error.value).splitlines()[1:4] == [
    '  new: absent there, True here',
    '  seed: 0 there, 1 here',
    '  vary: [] there, [2] here',
  ]
  other = tmp_path / 'others'
  other.mkdir()
  with pytest.raises(InputError, match=r"  maps: \['.*/maps'\] there"):
    prepare(output, other)


@pytest.mark.parametrize('content', ['nonsense', '3', '[1, 2]'])
def test_a_damaged_record_is_named(tmp_path, maps, content):
  output = prepare(tmp_path / 'out', maps)
  (output / output_folder.RECORD).write_text(content)
  with pytest.raises(InputError, match='generate.json is not readable JSON'):
    prepare(output, maps)


def test_files_that_were_not_generated_here_are_refused(tmp_path, maps):
  (tmp_path / 'out').mkdir()
  (tmp_path / 'out' / 'a.png').write_text('mine')
  with pytest.raises(InputError, match='not generated here: a.png. Choose'):
    prepare(tmp_path / 'out', maps)
  assert [p.name for p in (tmp_path / 'out').iterdir()] == ['a.png']
  # Files of other names may stay.
  prepare(tmp_path / 'out', maps, names=('b.png',))


@pytest.mark.parametrize('below', ['', 'toytown/deep', '../maps/out'])
def test_an_output_among_the_maps_is_refused(maps, below):
  with pytest.raises(InputError, match='lies among the maps in .*/maps: choo'):
    prepare(maps / below, maps)


def test_an_output_that_is_a_file_is_refused(tmp_path, maps):
  (tmp_path / 'out').touch()
  with pytest.raises(InputError, match='out cannot be used: File exists'):
    prepare(tmp_path / 'out', maps)
  with pytest.raises(InputError, match='cannot be used: Not a directory'):
    prepare(tmp_path / 'out' / 'deep', maps)


def test_an_image_is_current_while_it_is_whole_and_its_maps_are_the_same(
  maps, tmp_path
):
  image = tmp_path / 'a.png'
  label_map, instance_map = maps / 'a_labelIds.png', maps / 'a_instanceIds.png'
  scene = map_folder.SceneFiles('a', label_map, instance_map)
  instance_map.write_bytes(b'one')
  digest = output_folder.maps_sha256(scene)
  assert not output_folder.is_current(image, digest)
  pixels = np.random.default_rng(0).integers(0, 256, (8, 16, 3), np.uint8)
  image_grid.save_png(image, pixels, {output_folder.MAPS_SHA256: digest})
  assert output_folder.is_current(image, digest)
  instance_map.write_bytes(b'other')
  changed = output_folder.maps_sha256(scene)
  assert not output_folder.is_current(image, changed)
  without = output_folder.maps_sha256(scene._replace(instance_map=None))
  assert len({digest, changed, without}) == 3

  content = image.read_bytes()
  for damaged in (b'', content[:40], content[:-20], content[:-1], b'no'):
    image.write_bytes(damaged)
    assert not output_folder.is_current(image, digest)
  for at in range(len(content)):  # A single byte.
    image.write_bytes(
      content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    )
    assert not output_folder.is_current(image, digest), at
