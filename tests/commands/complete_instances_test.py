"""Instance maps where a data set has none: made, continued, refused."""

import json
import os
import pathlib

import numpy as np
import pytest
from PIL import Image

from data_pipeline import photo_folder, toy_street, unknown_instances
from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from data_pipeline.toy_street import folder as toy_folder
from instgan_jax.build import data
from instgan_jax.runtime import exits, interruption
from tests import commands_in_process, own_data, tiny

pytestmark = pytest.mark.slow

SHORT = ('--num_steps=2', '--batch_size=4', '--base_channels=8')
SIZE = ('--config.data.height=32', '--config.data.width=64')


@pytest.fixture(scope='module')
def mine(tmp_path_factory):
  """Photographs at 64x128 with maps; the first has no instance map."""
  root = tmp_path_factory.mktemp('data') / 'mine'
  source = toy_street.ToyStreet(5, height=64)
  for split in ('train', 'val'):
    own_data.write_photo_folder(root, split, source)
  name = source.image_ids[0]
  photo = root / 'images' / 'train' / f'{name}.png'
  with Image.open(photo) as image:
    image.save(photo.with_suffix('.jpg'))
  photo.unlink()
  return root


def run(root, output, *words):
  commands_in_process.run(
    'instgan_jax.complete_instances',
    '--config=configs/toy_street.py',
    *(f'--output={output}', '--config.data.source=folder'),
    *(f'--config.data.path={root}', *SIZE, *SHORT, *words),
  )


@pytest.fixture(scope='module')
def completed(mine, tmp_path_factory):
  output = tmp_path_factory.mktemp('out') / 'completed'
  run(mine, output, '--min_confidence=0')
  return output


def test_the_folder_is_the_data_set_with_all_maps_of_train(mine, completed):
  for split, number in (('train', 5), ('val', 4)):
    before, after = (
      photo_folder.PhotoFolder(root, split, size=None)
      for root in (mine, completed)
    )
    assert after.image_ids == before.image_ids
    assert after.label_table == labels.TABLE
    known = unknown_instances.has_instance_map(after)
    assert known.sum() == number
    for index in range(5):
      old, new = before.read(index), after.read(index)
      np.testing.assert_array_equal(new.image, old.image)
      np.testing.assert_array_equal(new.label_map, old.label_map)
      if old.instance_ids is not None:
        np.testing.assert_array_equal(new.instance_ids, old.instance_ids)
  first = photo_folder.PhotoFolder(completed, 'train', size=None).read(0)
  # At the size of the file; with no cut every thing has an object.
  assert first.instance_ids.shape == (64, 128)
  is_thing = np.isin(first.label_map, [i.id for i in labels.TABLE.things])
  np.testing.assert_array_equal(first.instance_ids >= 1000, is_thing)
  assert is_thing.any()


def test_photographs_are_links_and_the_sheet_shows_the_new_maps(
  mine, completed
):
  (photo,) = (mine / 'images' / 'train').glob('*.jpg')
  linked = completed / 'images' / 'train' / photo.name
  assert os.path.samefile(photo, linked)
  with Image.open(completed / 'completed.png') as sheet:
    assert sheet.width > 900
  quality = json.loads((completed / 'quality.json').read_text())
  assert [each['of'] for each in quality[:2]] == [
    'network',
    'connected components',
  ]
  assert quality[0]['num_true'] > 10 and 0 < quality[1]['recall'] < 1
  assert quality[3]['min_pixels'] == 8  # Of 32x64.
  assert quality[3]['num_true'] < quality[0]['num_true']


def test_a_generator_trains_on_it(completed):
  config = tiny.config(data__source='folder', data__path=str(completed))
  scenes = data.training_source(config)
  assert unknown_instances.has_instance_map(scenes).all()


def contents(folder):
  return {
    path.relative_to(folder): path.read_bytes()
    for path in folder.rglob('*/*/*.png')
  }


def test_the_same_command_makes_only_what_is_missing_or_damaged(
  mine, completed, tmp_path, capsys
):
  output = tmp_path / 'new'
  run(mine, output, '--min_confidence=0')
  before = contents(output)
  assert before == contents(completed)
  capsys.readouterr()
  run(mine, output, '--min_confidence=0')
  assert '0 scenes completed, 1 existed already' in capsys.readouterr().out
  name = toy_street.ToyStreet(1, height=64).image_ids[0]
  for folder in ('labels', 'instances'):
    (output / folder / 'train' / f'{name}.png').unlink()
  run(mine, output, '--min_confidence=0')
  assert '1 scenes completed, 0 existed already' in capsys.readouterr().out
  assert contents(output) == before
  instances = output / 'instances' / 'train' / f'{name}.png'
  instances.write_bytes(instances.read_bytes()[:-20])
  run(mine, output, '--min_confidence=0')
  assert '1 scenes completed, 0 existed already' in capsys.readouterr().out
  assert contents(output) == before
  # Another cut makes other maps, of the same network.
  run(mine, output, '--min_confidence=1')
  assert '1 scenes completed, 0 existed already' in capsys.readouterr().out
  ids = photo_folder.PhotoFolder(output, 'train', size=None).read(0)
  assert (ids.instance_ids < 1000).all()


def test_a_stopped_run_continues_to_the_same_maps(
  mine, completed, tmp_path, monkeypatch
):
  """Once in training, once among the scenes."""

  def requested(step_to_stop):
    def stops(self, step):
      self.signal_name = 'SIGTERM'
      return step == step_to_stop

    return stops

  for step, message in ((1, 'SIGTERM after step 1'), (0, 'more scenes are')):
    with monkeypatch.context() as patch:
      patch.setattr(interruption.Interruption, 'requested', requested(step))
      with pytest.raises(exits.Stopped, match=message):
        run(mine, tmp_path / 'new', '--min_confidence=0')
  run(mine, tmp_path / 'new', '--min_confidence=0')
  assert contents(tmp_path / 'new') == contents(completed)


def test_cityscapes_gives_cityscapes(tmp_path):
  root, output = tmp_path / 'city', tmp_path / 'new'
  for split, number in (('train', 5), ('val', 1)):
    source = toy_street.ToyStreet(number, height=32, split=split)
    toy_folder.write_split(source, str(root), split, 'toytown')
  lacking = 'gtFine/train/toytown/toytown_000000_000019_gtFine_instanceIds.png'
  (root / lacking).unlink()
  run(root, output)
  assert (output / lacking).exists()
  scenes = data.source_of_files('folder', output, 'train')
  assert unknown_instances.has_instance_map(scenes).all()
  assert {path.name for path in output.iterdir() if path.is_dir()} == {
    *('leftImg8bit', 'gtFine', 'network'),
  }


def write_kitti360(root):
  """The first scene of each split has no instance map."""
  for split, number in (('train', 5), ('val', 2)):
    source = toy_street.ToyStreet(number, height=32, split=split)
    own_data.write_kitti360(root, split, source)
  folder = root / 'data_2d_semantics/train'
  for frame in (0, 100):
    (lacking,) = folder.glob(f'*/image_00/instance/{frame:010d}.png')
    lacking.unlink()
  return folder


def test_kitti_360_gives_kitti_360(tmp_path):
  root, output = tmp_path / 'kitti', tmp_path / 'new'
  write_kitti360(root)
  run(root, output)
  for split, known in (('train', [True] * 5), ('val', [False, True])):
    given, made = (
      data.source_of_files('folder', path, split) for path in (root, output)
    )
    assert made.image_ids == given.image_ids
    assert made.has_instance_map.tolist() == known
    for index in np.flatnonzero(given.has_instance_map):
      for array, expected in zip(
        made.read(index), given.read(index), strict=True
      ):
        np.testing.assert_array_equal(array, expected)


def test_what_is_completed_may_not_be_in_val_too(tmp_path):
  """Where both splits have one file of it."""
  folder = write_kitti360(tmp_path / 'kitti')
  train, val = (
    folder / f'2013_05_28_drive_{split}_frames.txt'
    for split in ('train', 'val')
  )
  lines = train.read_text().splitlines(keepends=True)
  val.write_text(val.read_text() + lines[1])  # It keeps its objects.
  run(tmp_path / 'kitti', tmp_path / 'kept')
  val.write_text(val.read_text() + lines[0])
  with pytest.raises(
    InputError, match=r'1 scenes to be completed are .* 2013_.*_0000000000\. E'
  ):
    run(tmp_path / 'kitti', tmp_path / 'new')
  assert not (tmp_path / 'new').exists()


def test_other_settings_are_refused(mine, completed):
  with pytest.raises(InputError, match=r'num_steps: 2 there, 3 here'):
    run(mine, completed, '--num_steps=3')
  with pytest.raises(InputError, match=r'seed: 0 there, 1 here'):
    run(mine, completed, '--config.seed=1')


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    (['--min_confidence=1.5'], r'--min_confidence is 1\.5, expected a number'),
    (['--num_steps=0'], '--num_steps is 0, expected 1 or more'),
    (['--base_channels=12'], 'is 12, expected a multiple of 8'),
    (['--batch_size=3'], r'over 4 devices .* --batch_size=4'),
    (['--config.data.instance_share=0'], 'None of the 5 training scenes has'),
    (['--config.data.path=/nowhere'], 'there is no such folder'),
    (
      [
        *('--config.data.source=toy_street', '--config.data.path='),
        '--config.data.num_train=3',
      ],
      'All 3 training scenes have an instance map: there is nothing',
    ),
  ],
)
def test_wrong_input_is_refused(mine, tmp_path, words, message):
  with pytest.raises(InputError, match=message):
    run(mine, tmp_path / 'new', *words)
  assert not (tmp_path / 'new').exists()


def test_the_output_may_not_lie_in_the_data(mine):
  with pytest.raises(InputError, match='lies among the maps'):
    run(mine, pathlib.Path(mine) / 'new')


def test_classes_without_instances_are_refused(mine, tmp_path):
  root = tmp_path / 'stuff'
  for folder in ('images', 'labels'):
    (root / folder).mkdir(parents=True)
    for split in ('train', 'val'):
      (root / folder / split).symlink_to(mine / folder / split)
  table = json.loads((mine / 'labels.json').read_text())
  for label in table['labels']:
    label['has_instances'] = False
  (root / 'labels.json').write_text(json.dumps(table))
  with pytest.raises(InputError, match='No class of these data has instances'):
    run(root, tmp_path / 'new')
