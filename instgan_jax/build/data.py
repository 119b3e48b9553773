"""From a configuration to scenes and training batches."""

import importlib
import os
from collections.abc import Iterator

import jax
import ml_collections
import numpy as np

from data_pipeline import batch as batch_lib
from data_pipeline import (
  batches,
  connected_components,
  folder_reader,
  geometry,
  in_memory,
  labels,
  order,
  subset,
  toy_street,
  unknown_instances,
)
from data_pipeline.cityscapes import labels as cityscapes_labels
from data_pipeline.errors import InputError
from data_pipeline.panoptic import folder as panoptic_folder
from data_pipeline.panoptic import prepared
from instgan_jax.build import errors, label_table

SOURCES = ('folder', 'panoptic', 'tfds', 'toy_street', 'npz')
# Their files may have any size and aspect.
_OF_FILES = {
  'folder': folder_reader.open_split,
  'panoptic': panoptic_folder.PanopticFolder,
}
LOADERS = ('tf_data', 'in_memory')
# What training makes of scenes without an instance map.
WITHOUT_INSTANCE_MAP = ('unknown', 'left_out', 'components')


def source(config: ml_collections.ConfigDict, split: str) -> batch_lib.Source:
  """The scenes of 'train' or 'val', checked as far as that is cheap.

  Raises:
    InputError: for a source that cannot be read, is empty, or has other classes
      than the configuration has already.
  """
  return _source(config, split, (config.data.height, config.data.width))


def training_source(config: ml_collections.ConfigDict) -> batch_lib.Source:
  """The scenes of 'train' at the size of which training takes random crops.

  Those without an instance map are as `data.without_instance_map` says.

  Raises:
    InputError: as `source` and `check_path`, if that size is smaller than the
      crops, or if no scene is left.
  """
  check_path(config)
  scenes = _source(config, 'train', _load_size(config.data))
  scenes = _with_share(config, scenes)
  without = config.data.get('without_instance_map', 'unknown')
  if without not in WITHOUT_INSTANCE_MAP:
    raise errors.unknown_value(
      'data.without_instance_map', without, WITHOUT_INSTANCE_MAP
    )
  if without == 'components':
    return connected_components.ConnectedComponents(scenes)
  if without == 'left_out':
    return _known_alone(scenes)
  return scenes


def full_size_source(
  config: ml_collections.ConfigDict, split: str
) -> batch_lib.Source:
  """The scenes of a split at the size of their files, where these have one.

  Of 'train', `data.instance_share` keep their instance maps.

  Raises:
    InputError: as `source` and `check_path`.
  """
  check_path(config)
  size = (config.data.height, config.data.width)
  scenes = _source(config, split, size, resizes_files=False)
  return _with_share(config, scenes) if split == 'train' else scenes


def source_of_files(
  source: str,
  path: str | os.PathLike[str],
  split: str,
  *,
  size: tuple[int, int] | None = None,
  fit: str = 'resize',
) -> batch_lib.Source:
  """The scenes of a folder, read as `data.source` says.

  Args:
    source: folder or panoptic.
    path: of the folder.
    split: train or val.
    size: (height, width); None for that of the files.
    fit: how they come to it, of `geometry.KINDS`.

  Raises:
    InputError: if it cannot be read.
  """
  return _OF_FILES[source](path, split, size=size, geometry=fit)


def check_path(config: ml_collections.ConfigDict) -> None:
  """Raises InputError for a folder that toy streets would not read."""
  if config.data.source == 'toy_street' and config.data.path:
    raise InputError(
      f'data.path is {config.data.path!r}, but data.source=toy_street reads no '
      'files: add --config.data.source=folder, or set --config.data.path= for '
      'toy streets.'
    )


def _with_share(
  config: ml_collections.ConfigDict, scenes: batch_lib.Source
) -> batch_lib.Source:
  """Training scenes, of which a share may keep its instance maps."""
  share = config.data.get('instance_share', 1.0)
  if not 0.0 <= share <= 1.0:
    raise InputError(
      f'data.instance_share is {share}, expected a number in [0, 1].'
    )
  if share < 1.0:
    return unknown_instances.UnknownInstances(scenes, share)
  return scenes


def _known_alone(scenes: batch_lib.Source) -> batch_lib.Source:
  """The scenes that have an instance map."""
  known = np.flatnonzero(unknown_instances.has_instance_map(scenes))
  if not len(known):
    raise InputError(
      f'None of the {len(scenes)} training scenes has an instance map, and '
      'data.without_instance_map is left_out: set it to unknown or components.'
    )
  return subset.Subset(scenes, known.tolist())


def _load_size(data: ml_collections.ConfigDict) -> tuple[int, int]:
  """Height and width of training scenes before they are cropped."""
  size = (
    data.get('load_height', 0) or data.height,
    data.get('load_width', 0) or data.width,
  )
  if size[0] < data.height or size[1] < data.width:
    raise InputError(
      f'data.load_height and data.load_width are {size[0]} and {size[1]}, less '
      f'than the {data.height}x{data.width} that are cut out of them: expected '
      'more, or 0 for no random crops.'
    )
  return size


def _source(
  config: ml_collections.ConfigDict,
  split: str,
  size: tuple[int, int],
  *,
  resizes_files: bool = True,
) -> batch_lib.Source:
  """The scenes of a split at a size, or at that of their files."""
  data, file_size = config.data, size if resizes_files else None
  fit = data.get('geometry', 'resize')
  if fit not in geometry.KINDS:
    raise errors.unknown_value('data.geometry', fit, geometry.KINDS)
  is_any_size = data.source in _OF_FILES or _is_coco_of_tfds(data)
  if fit != 'resize' and not is_any_size:
    raise InputError(
      f'data.geometry is {fit!r}, which data.source={data.source} does not '
      "have: leave it at 'resize'."
    )
  if data.source == 'toy_street':
    scenes = _toy_streets(data, split, size)
  elif data.source in _OF_FILES:
    scenes = source_of_files(
      data.source, data.path, split, size=file_size, fit=fit
    )
  elif _is_coco_of_tfds(data):
    coco = _with_tensorflow('panoptic.tfds_source', 'data.source')
    scenes = coco.PanopticTfds(data.path, split, size=file_size, geometry=fit)
  elif data.source == 'tfds':
    cityscapes = _with_tensorflow('cityscapes.tfds_builder', 'data.source')
    scenes = cityscapes.CityscapesTfds(data.path, split, size=size)
  elif data.source == 'npz':
    scenes = in_memory.InMemory.from_npz(f'{data.path}/{split}.npz')
    _check_scene_size(scenes, size, f'{data.path}/{split}.npz')
  else:
    raise errors.unknown_value('data.source', data.source, SOURCES)
  if not len(scenes):
    raise InputError(f'The {split} split of {data.source} has no scene.')
  if 'labels' in config:
    label_table.check_same(
      scenes.label_table, label_table.of(config), data.path or data.source
    )
  return scenes


def with_label_table(
  config: ml_collections.ConfigDict,
) -> ml_collections.ConfigDict:
  """A copy of `config` with the classes of its data, see `label_table`.

  Raises:
    InputError: for classes that cannot be read.
  """
  return label_table.with_table(config, _label_table(config.data))


def _label_table(data: ml_collections.ConfigDict) -> labels.LabelTable:
  """The classes of the data, at no cost of reading scenes."""
  if data.source == 'folder':
    return folder_reader.label_table(data.path)
  if data.source == 'panoptic':
    return panoptic_folder.label_table(data.path)
  if _is_coco_of_tfds(data):
    coco = _with_tensorflow('panoptic.tfds_source', 'data.source')
    return coco.label_table(data.path)
  if data.source == 'npz':
    return in_memory.label_table(f'{data.path}/train.npz')
  return cityscapes_labels.TABLE


def _is_coco_of_tfds(data: ml_collections.ConfigDict) -> bool:
  """Whether the path is that of this data set, not that of all of them."""
  return data.source == 'tfds' and bool(prepared.versions(data.path))


def train_batches(
  config: ml_collections.ConfigDict,
  scenes: batch_lib.Source,
  *,
  start_step: int,
) -> Iterator[dict[str, np.ndarray]]:
  """This process's training batches from `start_step` on, endless."""
  check_loader(config)
  training_order = order.TrainingOrder(
    num_examples=len(scenes),
    batch_size=config.batch_size,
    seed=config.seed,
    flip=config.data.flip,
    process_index=jax.process_index(),
    process_count=jax.process_count(),
  )
  size = config.data.height, config.data.width
  crop_size = size if _load_size(config.data) != size else None
  if config.data.loader == 'in_memory':
    if not isinstance(scenes, in_memory.InMemory):
      scenes = in_memory.InMemory(scenes, num_threads=config.data.num_threads)
    return batches.train_batches(
      scenes, training_order, start_step=start_step, crop_size=crop_size
    )
  tf_batches = _with_tensorflow('tf_batches', 'data.loader')
  return tf_batches.train_batches(
    scenes,
    training_order,
    start_step=start_step,
    crop_size=crop_size,
    num_threads=config.data.num_threads,
  )


def check_loader(config: ml_collections.ConfigDict) -> None:
  """Raises InputError unless `data.loader` is one of `LOADERS`."""
  if config.data.loader not in LOADERS:
    raise errors.unknown_value('data.loader', config.data.loader, LOADERS)


def _toy_streets(
  data: ml_collections.ConfigDict, split: str, size: tuple[int, int]
) -> batch_lib.Source:
  height, width = size
  if width != 2 * height:
    raise InputError(
      f'data.width {width} with data.height {height}: toy streets are twice as '
      f'wide as high, set --config.data.width={2 * height}.'
    )
  return toy_street.ToyStreet(
    data.num_train if split == 'train' else data.num_val,
    height=height,
    seed=data.seed,
    split=split,
  )


def _with_tensorflow(module: str, key: str):
  """A module of the pipeline that needs TensorFlow.

  Args:
    module: its name.
    key: the field that asked for it.
  """
  instead = {'data.source': 'folder', 'data.loader': 'in_memory'}[key]
  try:
    return importlib.import_module(f'data_pipeline.{module}')
  except ImportError as error:
    raise InputError(
      f'data_pipeline.{module} needs TensorFlow ({error}): install it with '
      f"pip install 'instgan_jax[data]', or set --config.{key}={instead}."
    ) from error


def _check_scene_size(
  scenes: batch_lib.Source, size: tuple[int, int], name: str
) -> None:
  height, width = scenes.read(0).label_map.shape
  if (height, width) != size:
    raise InputError(
      f'{name} holds scenes of {height}x{width}, the configuration asks for '
      f'{size[0]}x{size[1]}: set --config.data.height={height} '
      f'--config.data.width={width}.'
    )
