"""TFDS's `coco/2017_panoptic`, prepared with random access.

    tfds build coco/2017_panoptic --file_format=array_record

It keeps the files of COCO byte for byte, its segments, and the names of its
classes; not their ids, and not which are things: these come first.
"""

import os

import tensorflow as tf
import tensorflow_datasets as tfds

from data_pipeline import batch, labels, labels_file, scene_files
from data_pipeline.errors import InputError
from data_pipeline.panoptic import annotations, prepared, segment_maps

_SPLITS = {'train': 'train', 'val': 'validation'}
_OBJECTS = 'panoptic_objects'
_NUM_THINGS, _NUM_CLASSES = 80, 133
_VOID_ID = 0


class PanopticTfds:
  """A source of the scenes of one split, in the order of their records.

  Label ids are TFDS's and one more, since 0 is the void.

  Attributes:
    image_ids: split and place, such as val_000017; the names of the files are
      in the records.
    label_table: see `label_table`.
  """

  def __init__(
    self,
    folder: str | os.PathLike[str],
    split: str,
    *,
    size: tuple[int, int] | None,
    geometry: str = 'resize',
  ):
    """Opens a prepared data set.

    Args:
      folder: .../coco/2017_panoptic, or that of a version below it.
      split: train or val.
      size: (height, width) of the scenes that `read` gives; None for the
        files' own size.
      geometry: how they come to it, one of `data_pipeline.geometry.KINDS`.

    Raises:
      InputError: if it is another data set, has no such split, or was prepared
        without random access.
    """
    builder = _builder(folder)
    if split not in _SPLITS or _SPLITS[split] not in builder.info.splits:
      raise InputError(
        f'{builder.data_dir}: has no split {split!r}, only'
        f' {", ".join(builder.info.splits)}. Choose train or val.'
      )
    self.label_table = label_table(folder)
    self._target = scene_files.Target(self.label_table, size, geometry)
    try:
      self._records = builder.as_data_source(
        _SPLITS[split],
        deserialize_method=tfds.decode.DeserializeMethod.RAW_BYTES,
      )
    except NotImplementedError as error:
      raise InputError(
        f'{builder.data_dir}: is stored as'
        f' {builder.info.file_format.value}, which cannot be read at random.'
        ' Prepare it with tfds build coco/2017_panoptic'
        ' --file_format=array_record.'
      ) from error
    self.image_ids = tuple(f'{split}_{i:06d}' for i in range(len(self)))

  def __len__(self) -> int:
    return len(self._records)

  def read(self, index: int) -> batch.Scene:
    """The scene at `index`, resized.

    Raises:
      InputError: if the record is damaged, or its PNG has a segment that is not
        among its objects.
    """
    name = self.image_ids[index]
    example = tf.train.Example.FromString(self._records[index])
    features = example.features.feature
    ids, label_ids, is_crowd = (
      features[f'{_OBJECTS}/{key}'].int64_list.value
      for key in ('id', 'label', 'is_crowd')
    )
    infos = [
      {'id': segment, 'category_id': label + 1, 'iscrowd': crowd}
      for segment, label, crowd in zip(ids, label_ids, is_crowd, strict=True)
    ]
    scene = segment_maps.read_scene(
      features['image'].bytes_list.value[0],
      features['panoptic_image'].bytes_list.value[0],
      annotations.segments(infos, self.label_table, name),
      _VOID_ID,
      name,
    )
    return scene_files.fit(scene, self._target)


def label_table(folder: str | os.PathLike[str]) -> labels.LabelTable:
  """The classes by the names in the data set, and the void.

  Raises:
    InputError: if it is another data set.
  """
  builder = _builder(folder)
  names = builder.info.features[_OBJECTS]['label'].names
  if len(names) != _NUM_CLASSES:
    raise InputError(
      f'{builder.data_dir}: has {len(names)} classes, expected the'
      f' {_NUM_CLASSES} of coco/2017_panoptic. Prepare it again.'
    )
  rows = [{'id': _VOID_ID, 'name': annotations.VOID, 'ignore_in_eval': True}]
  for i, name in enumerate(names):
    rows.append({'id': i + 1, 'name': name, 'has_instances': i < _NUM_THINGS})
  return labels_file.from_json({'labels': rows}, builder.data_dir)


def _builder(folder: str | os.PathLike[str]) -> tfds.core.DatasetBuilder:
  versions = prepared.versions(folder)
  if not versions:
    raise InputError(
      f'{folder}: there is no prepared data set of TFDS. Expected'
      ' .../coco/2017_panoptic; prepare it with tfds build'
      ' coco/2017_panoptic --file_format=array_record.'
    )
  builder = tfds.builder_from_directory(versions[-1])
  if _OBJECTS not in builder.info.features:
    raise InputError(
      f'{versions[-1]}: has no {_OBJECTS}, only'
      f' {", ".join(builder.info.features)}. Expected coco/2017_panoptic, or'
      ' for Cityscapes the folder of all data sets.'
    )
  return builder
