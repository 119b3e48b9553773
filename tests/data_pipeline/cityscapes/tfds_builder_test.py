import concurrent.futures

import numpy as np
import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core import shuffle

from data_pipeline import batches, image_file, order, tf_batches
from data_pipeline.cityscapes import folder, tfds_builder
from data_pipeline.errors import InputError


@pytest.fixture(autouse=True)
def no_progress_bars():
  tfds.disable_progress_bar()


@pytest.fixture
def prepare(tmp_path, make_scenes, write_archives):
  """Prepares three scenes for training and two for validation."""

  def prepare_config(config, train=None, val=None):
    zips = write_archives(
      tmp_path / 'zips',
      train=train or make_scenes(3, height=8, width=16),
      val=val or make_scenes(2, height=8, width=16),
    )
    tfds_builder.prepare(
      data_dir=str(tmp_path / 'tfds'), manual_dir=str(zips), config=config
    )
    return tmp_path / 'tfds'

  return prepare_config


class Changed:
  """Scenes of which one has another value in one array."""

  def __init__(self, scenes, array, pixel, value):
    self._scenes = scenes
    self._change = array, pixel, value
    self.image_ids = scenes.image_ids

  def __len__(self):
    return len(self._scenes)

  def read(self, index):
    scene = self._scenes.read(index)
    array, pixel, value = self._change
    if index == 1:
      getattr(scene, array)[pixel] = value
    return scene


# full: as stored. 256x512: of that config. 4x8: resized from config full.
@pytest.mark.parametrize(
  'config, size', [('full', None), ('256x512', (256, 512)), ('full', (4, 8))]
)
def test_scenes_equal_those_of_the_folders(
  tmp_path, prepare, make_scenes, write_folder, config, size
):
  data_dir = prepare(config)
  root = tmp_path / 'folders'
  for split, num_scenes in (('train', 3), ('val', 2)):
    write_folder(root, split, make_scenes(num_scenes, height=8, width=16))
    expected = folder.CityscapesFolder(root, split, size=size)
    got = tfds_builder.CityscapesTfds(data_dir, split, size=size)
    assert got.image_ids == expected.image_ids
    assert len(got) == num_scenes
    for index in range(num_scenes):
      for one, other in zip(got.read(index), expected.read(index), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    assert 33007 in got.read(0).instance_ids


# More than the buffer goes through files, each of a range of keys.
@pytest.mark.parametrize('buffer_bytes', [10**9, 1000])
def test_examples_keep_their_order_when_there_are_many(
  prepare, make_scenes, monkeypatch, buffer_bytes
):
  monkeypatch.setattr(shuffle, 'MAX_MEM_BUFFER_SIZE', buffer_bytes)
  data_dir = prepare('full', train=make_scenes(30, height=2, width=8))
  source = tfds_builder.CityscapesTfds(data_dir, 'train', size=None)
  # The blue channel names the scene.
  names = [int(source.read(i).image[0, 0, 2]) for i in range(30)]
  assert names == list(range(30))
  assert source.image_ids == tuple(f'town_{i:06d}' for i in range(30))


def test_threads_read_what_one_reads(prepare):
  source = tfds_builder.CityscapesTfds(prepare('full'), 'train', size=None)
  expected = [source.read(i) for i in range(3)]
  with concurrent.futures.ThreadPoolExecutor(8) as threads:
    for i, scene in enumerate(threads.map(source.read, [0, 1, 2] * 50)):
      for got, wanted in zip(scene, expected[i % 3], strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_batches_equal_those_of_the_scenes(
  prepare, make_scenes, assert_same_batch
):
  source = tfds_builder.CityscapesTfds(prepare('full'), 'val', size=None)
  scenes = make_scenes(2, height=8, width=16)
  rows = order.TrainingOrder(num_examples=2, batch_size=3, seed=0)
  got = next(tf_batches.train_batches(source, rows, num_threads=2))
  expected = next(batches.train_batches(scenes, rows))
  assert_same_batch(got, expected)


def test_tensorflow_decodes_16_bit_ids_of_the_features(prepare):
  data_dir = prepare('full')
  builder = tfds_builder.CityscapesInstances(data_dir=data_dir, config='full')
  ids = tfds_builder.CityscapesTfds(data_dir, 'train', size=None).read(1)[2]
  decoded = builder.info.features['instance_ids'].decode_example(
    image_file.encode_png(ids)
  )
  assert decoded.dtype == np.uint16
  np.testing.assert_array_equal(decoded[..., 0], ids)


def test_largest_number_of_instances_is_printed(prepare, capsys, make_scenes):
  # Sky, a group, car 26000 and bicycle 33007: two instances in each scene.
  # In scene 1 of the training set a pixel becomes one more car.
  train = Changed(
    make_scenes(3, height=8, width=16), 'instance_ids', (2, 1), 26700
  )
  prepare('full', train=train)
  output = capsys.readouterr().out
  assert 'train: 3 scenes, at most 3 instances in one.' in output
  assert 'validation: 2 scenes, at most 2 instances in one.' in output


def test_prepared_data_are_not_prepared_again(prepare, tmp_path, capsys):
  prepare('full')
  assert 'Already prepared' not in capsys.readouterr().out
  tfds_builder.prepare(
    data_dir=str(tmp_path / 'tfds'), manual_dir='/absent', config='full'
  )
  output = capsys.readouterr().out
  assert 'Already prepared. Delete ' in output
  assert 'train: 3 scenes' in output


def test_disagreeing_maps_stop_the_preparation(tmp_path, prepare, make_scenes):
  # At full size, though the pixel is not among those of 256x512.
  scenes = Changed(
    make_scenes(3, height=512, width=1024), 'label_map', (0, 0), 11
  )
  with pytest.raises(
    InputError,
    match='scene town_000001, instance map: .* disagree in 1 of 524288 pixels',
  ):
    prepare('256x512', train=scenes)
  with pytest.raises(InputError, match='there is no prepared data set'):
    tfds_builder.CityscapesTfds(tmp_path / 'tfds', 'train', size=(256, 512))


def test_missing_archives_are_refused(tmp_path):
  settings = {'data_dir': str(tmp_path / 'tfds'), 'config': '256x512'}
  with pytest.raises(InputError, match='absent does not exist.*Register'):
    tfds_builder.prepare(manual_dir=str(tmp_path / 'absent'), **settings)
  (tmp_path / 'zips').mkdir()
  (tmp_path / 'zips' / 'other.zip').write_bytes(b'')
  with pytest.raises(InputError, match='has no leftImg8bit_.* and no gtFine_'):
    tfds_builder.prepare(manual_dir=str(tmp_path / 'zips'), **settings)


def test_data_that_are_not_prepared_are_refused_with_the_command(tmp_path):
  with pytest.raises(
    InputError,
    match=r'python -m data_pipeline.cityscapes --data_dir .* --config 512x1024',
  ):
    tfds_builder.CityscapesTfds(tmp_path, 'train', size=(512, 1024))


def test_unknown_split_is_refused(tmp_path):
  with pytest.raises(InputError, match="no split 'test', only train and val"):
    tfds_builder.CityscapesTfds(tmp_path, 'test', size=(256, 512))
