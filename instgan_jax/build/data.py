"""From a configuration to scenes and training batches."""

import importlib
from collections.abc import Iterator

import jax
import ml_collections
import numpy as np

from data_pipeline import batch as batch_lib
from data_pipeline import batches, in_memory, labels, order, toy_street
from data_pipeline.cityscapes import folder
from data_pipeline.cityscapes import labels as cityscapes_labels
from data_pipeline.errors import InputError
from instgan_jax.build import errors, label_table

SOURCES = ('folder', 'tfds', 'toy_street', 'npz')
LOADERS = ('tf_data', 'in_memory')


def source(config: ml_collections.ConfigDict, split: str) -> batch_lib.Source:
  """The scenes of 'train' or 'val', checked as far as that is cheap.

  Raises:
    InputError: for a source that cannot be read, is empty, or has other classes
      than the configuration has already.
  """
  data = config.data
  size = (data.height, data.width)
  if data.source == 'toy_street':
    scenes = _toy_streets(data, split)
  elif data.source == 'folder':
    scenes = folder.CityscapesFolder(data.path, split, size=size)
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
    return folder.label_table(data.path)
  if data.source == 'npz':
    return in_memory.label_table(f'{data.path}/train.npz')
  return cityscapes_labels.TABLE


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
  if config.data.loader == 'in_memory':
    if not isinstance(scenes, in_memory.InMemory):
      scenes = in_memory.InMemory(scenes, num_threads=config.data.num_threads)
    return batches.train_batches(scenes, training_order, start_step=start_step)
  tf_batches = _with_tensorflow('tf_batches', 'data.loader')
  return tf_batches.train_batches(
    scenes,
    training_order,
    start_step=start_step,
    num_threads=config.data.num_threads,
  )


def check_loader(config: ml_collections.ConfigDict) -> None:
  """Raises InputError unless `data.loader` is one of `LOADERS`."""
  if config.data.loader not in LOADERS:
    raise errors.unknown_value('data.loader', config.data.loader, LOADERS)


def _toy_streets(
  data: ml_collections.ConfigDict, split: str
) -> batch_lib.Source:
  if data.width != 2 * data.height:
    raise InputError(
      f'data.width {data.width} with data.height {data.height}: toy streets '
      f'are twice as wide as high, set --config.data.width={2 * data.height}.'
    )
  return toy_street.ToyStreet(
    data.num_train if split == 'train' else data.num_val,
    height=data.height,
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
