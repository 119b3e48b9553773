"""Cityscapes with instance maps for TFDS: prepared once, read at random.

TFDS's own `cityscapes` has no instance maps. This one is prepared from the two
official archives,

    python -m data_pipeline.cityscapes --data_dir DIR --manual_dir DIR \
        --config 256x512

at the training size, so that no epoch has to decode and resize full-size
images. `CityscapesTfds` reads it.
"""

import io
import os
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from data_pipeline import (
  batch,
  file_kinds,
  geometry,
  image_file,
  instances,
  read_ahead,
  scene_files,
)
from data_pipeline.cityscapes import archives, labels
from data_pipeline.cityscapes.prepared_sizes import SIZES
from data_pipeline.errors import InputError

# The official names of the splits, and TFDS's.
SPLITS = {'train': 'train', 'val': 'validation'}
# The features that hold PNGs, in the order of `file_kinds.SceneFiles`.
_PNG_FEATURES = ('image', 'label_map', 'instance_ids')
_NUM_THREADS = os.cpu_count() or 1
# TFDS sorts by 128-bit keys in buckets of equal ranges.
_NUM_KEYS = 2**128


class CityscapesInstances(tfds.core.GeneratorBasedBuilder):
  """TFDS builder: image, label ids, instance ids (16 bits) and name.

  Examples lie in the order of their names. `info.metadata` holds the names
  (`image_ids`) and the largest number of instances in an image
  (`max_num_instances`) by split.
  """

  VERSION = tfds.core.Version('1.0.0')
  BUILDER_CONFIGS = [
    tfds.core.BuilderConfig(
      name=name,
      description=(
        f'Resized to {name}: images bicubic with antialiasing, maps nearest.'
        if size
        else 'The official files, byte for byte.'
      ),
    )
    for name, size in SIZES.items()
  ]
  MANUAL_DOWNLOAD_INSTRUCTIONS = archives.INSTRUCTIONS
  # TFDS would look for checksums of downloads beside this file, through a
  # package that it does not declare (importlib_resources). There are none.
  code_path = None

  def __init__(self, *, file_format: str = 'array_record', **settings):
    """Like any builder, but the default format allows random access."""
    super().__init__(file_format=file_format, **settings)

  def _info(self) -> tfds.core.DatasetInfo:
    height, width = SIZES[self.builder_config.name] or (None, None)

    def png_feature(channels, dtype):
      return tfds.features.Image(
        shape=(height, width, channels), dtype=dtype, encoding_format='png'
      )

    return tfds.core.DatasetInfo(
      builder=self,
      description='Cityscapes street scenes with label and instance maps.',
      homepage='https://www.cityscapes-dataset.com',
      features=tfds.features.FeaturesDict(
        {
          'image': png_feature(3, tf.uint8),
          'label_map': png_feature(1, tf.uint8),
          # With uint8 TensorFlow would silently keep the high byte of ids.
          'instance_ids': png_feature(1, tf.uint16),
          'image_id': tfds.features.Text(),
        }
      ),
      metadata=tfds.core.MetadataDict(image_ids={}, max_num_instances={}),
      disable_shuffling=True,
    )

  def _split_generators(self, dl_manager):
    try:
      folder = dl_manager.manual_dir
    except AssertionError as error:  # Missing or empty.
      raise InputError(' '.join(str(error).split())) from error
    return {
      name: self._generate_examples(folder, split)
      for split, name in SPLITS.items()
    }

  def _generate_examples(
    self, folder: str | os.PathLike[str], split: str
  ) -> Iterator[tuple[int, dict[str, object]]]:
    with archives.CityscapesArchives(folder) as opened:
      scenes = opened.scenes(split)
      self.info.metadata['image_ids'][SPLITS[split]] = list(scenes)

      def prepare(image_id):
        return _prepare(
          opened.read(scenes[image_id]),
          f'{folder}, split {split}, scene {image_id}',
          SIZES[self.builder_config.name],
        )

      max_num_instances = 0
      prepared = read_ahead.map_ahead(prepare, scenes, num_threads=_NUM_THREADS)
      for i, (image_id, (files, num_instances)) in enumerate(
        zip(scenes, prepared, strict=True)
      ):
        max_num_instances = max(max_num_instances, num_instances)
        example = {
          name: io.BytesIO(file)
          for name, file in zip(_PNG_FEATURES, files, strict=True)
        }
        # Keys 0, 1, 2 would all fall into one bucket, which TFDS sorts in
        # memory.
        yield (
          i * (_NUM_KEYS // len(scenes)),
          example | {'image_id': image_id},
        )
      self.info.metadata['max_num_instances'][SPLITS[split]] = max_num_instances


class CityscapesTfds:
  """A source of the prepared scenes of one split, in the order of their names.

  The same scenes at the same indices as `folder.CityscapesFolder` gives.

  Attributes:
    image_ids: the scenes' names, such as aachen_000000_000019.
    label_table: that of Cityscapes.
  """

  label_table = labels.TABLE

  def __init__(
    self,
    data_dir: str | os.PathLike[str],
    split: str,
    *,
    size: tuple[int, int] | None,
  ):
    """Opens a prepared data set.

    Args:
      data_dir: the folder for data sets of TFDS.
      split: train or val.
      size: (height, width). Sizes that have no config of their own are
        resized from config full; None gives these files' own size.

    Raises:
      InputError: if the split does not exist or the data set has not been
        prepared there.
    """
    if split not in SPLITS:
      raise InputError(
        f'There is no split {split!r}, only {" and ".join(SPLITS)}.'
      )
    names = {size: name for name, size in SIZES.items()}
    config = names.get(size, 'full')
    builder = CityscapesInstances(data_dir=data_dir, config=config)
    if not builder.is_prepared():
      raise InputError(
        f'{builder.data_dir}: there is no prepared data set. Prepare it with'
        f' python -m data_pipeline.cityscapes --data_dir {data_dir}'
        f' --manual_dir FOLDER_OF_ARCHIVES --config {config}.'
      )
    self._size = size
    self.image_ids = tuple(builder.info.metadata['image_ids'][SPLITS[split]])
    # TFDS's own decoder of 16-bit PNGs would need OpenCV here.
    self._records = builder.as_data_source(
      SPLITS[split],
      deserialize_method=tfds.decode.DeserializeMethod.RAW_BYTES,
    )

  def __len__(self) -> int:
    return len(self.image_ids)

  def read(self, index: int) -> batch.Scene:
    """The scene at `index`."""
    example = tf.train.Example.FromString(self._records[index])
    features = example.features.feature
    files = file_kinds.SceneFiles(
      *(features[name].bytes_list.value[0] for name in _PNG_FEATURES)
    )
    return scene_files.read_scene(
      files,
      self.image_ids[index],
      scene_files.Target(labels.TABLE, self._size),
      is_cityscapes=True,
    )


def _prepare(
  files: file_kinds.SceneFiles[bytes],
  name: str,
  size: tuple[int, int] | None,
) -> tuple[file_kinds.SceneFiles[bytes], int]:
  """Checks a scene at full size.

  Returns:
    The contents of its files at `size`, and its number of instances.
  """
  scene = scene_files.read_scene(
    files, name, scene_files.Target(labels.TABLE), is_cityscapes=True
  )
  ids = scene.instance_ids
  assert ids is not None  # Every scene of Cityscapes has them.
  areas = np.bincount(ids.ravel())
  num_instances = np.count_nonzero(areas[instances.FIRST_THING_ID :])
  if size is not None:
    resized = geometry.resize_scene(scene, size)
    files = file_kinds.SceneFiles(
      *(image_file.encode_png(a) for a in resized if a is not None)
    )
  return files, int(num_instances)


def prepare(*, data_dir: str, manual_dir: str, config: str) -> None:
  """Prepares a config, unless it is there, and prints its splits.

  Raises:
    InputError: if an archive is missing or damaged, or holds a scene that
      cannot be used.
  """
  builder = CityscapesInstances(data_dir=data_dir, config=config)
  if builder.is_prepared():
    print(f'Already prepared. Delete {builder.data_dir} to do it again.')
  builder.download_and_prepare(
    download_config=tfds.download.DownloadConfig(manual_dir=manual_dir)
  )
  metadata = builder.info.metadata
  for name in SPLITS.values():
    num_instances = metadata['max_num_instances'][name]
    print(
      f'{name}: {len(metadata["image_ids"][name])} scenes, at most'
      f' {num_instances} instances in one'
      + (
        f', over the default maximum of {batch.MAX_INSTANCES}: the smallest'
        ' would be dropped.'
        if num_instances > batch.MAX_INSTANCES
        else '.'
      )
    )
  print(f'Data set: {builder.data_dir}')
