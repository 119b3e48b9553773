"""Fills in the instance maps that a data set lacks."""

import copy
import dataclasses
import functools
import pathlib
from collections.abc import Mapping
from typing import Any

import jax
import ml_collections
import numpy as np
import optax

from data_pipeline import batch as batch_lib
from data_pipeline import (
  labels_file,
  scene_layout,
  subset,
  unknown_instances,
)
from data_pipeline.errors import InputError, summarize
from instgan_jax.build import data, ranges
from instgan_jax.checkpoints import manager
from instgan_jax.commands import (
  completed_folder,
  completed_quality,
  output_layout,
  workdir,
)
from instgan_jax.inference import instance_completion, output_folder
from instgan_jax.models import instance_center_network
from instgan_jax.runtime import devices
from instgan_jax.train import instance_center_step, loop

_NETWORK = 'network'  # Folder of the training.
_LEARNING_RATE = 3e-3
_STEPS_BETWEEN_CHECKPOINTS = 250


@dataclasses.dataclass(frozen=True)
class Options:
  """Options of `complete_instances`; each is the flag of its name.

  Attributes:
    output: folder of the completed data set.
    min_confidence: of an object, from 0 to 1; less sure ones are groups.
    num_steps: updates of the network.
    batch_size: scenes of an update.
    base_channels: of the network.
  """

  output: str
  min_confidence: float = 0.3
  num_steps: int = 1500
  batch_size: int = 8
  base_channels: int = 16


def run(options: Options, config: ml_collections.ConfigDict) -> str:
  """Trains on scenes with an instance map, and completes the others.

  Args:
    options: see `Options`.
    config: whose data to complete; `data.height` and `data.width` are what the
      network sees, the maps have the size of the files.

  Returns:
    Lines on what was found and written.

  Raises:
    InputError: for options or data that do not fit.
    exits.Stopped: after SIGTERM or Ctrl-C, when all that was begun is written.
  """
  ranges.check(config, ranges.SCENES, 'instgan_jax.complete_instances')
  _check(options)
  config = _as_seen(config, options)
  scenes = {
    split: data.full_size_source(config, split) for split in ('train', 'val')
  }
  known = np.flatnonzero(unknown_instances.has_instance_map(scenes['train']))
  _check_scenes(scenes['train'], len(known))
  layout = output_layout.choose(scenes['train'], options.output)
  _check_apart(scenes, layout)
  output = output_folder.prepare(
    options.output,
    map_folders=[config.data.path] if config.data.path else [],
    settings={
      **_settings(options, config, scenes['train'], len(known)),
      **output_layout.settings(layout),
    },
    names=(
      labels_file.NAME,
      *(name for split in scenes for name in layout.folders(split)),
    ),
  )
  with workdir.locked(output / _NETWORK):
    seen = subset.Subset(data.training_source(config), known.tolist())
    completion = _completion(options, config, output / _NETWORK, seen)
    report = completed_quality.measure(
      completion, data.source(config, 'val'), output
    )
    written = completed_folder.write(
      output, scenes, completion, options.min_confidence, layout
    )
  return f'{report}\n{written}'


def _completion(
  options: Options,
  config: ml_collections.ConfigDict,
  folder: pathlib.Path,
  scenes: batch_lib.Source,
) -> instance_completion.InstanceCompletion:
  """The trained network, from its last checkpoint on."""
  network = instance_center_network.InstanceCenterNetwork(
    num_labels=scenes.label_table.num_labels,
    base_channels=options.base_channels,
  )
  with manager.Checkpoints(folder, keep_last=1) as checkpoints:
    state, _ = loop.train(
      _training(options, config, folder, scenes, network, checkpoints)
    )
  return instance_completion.InstanceCompletion(
    network,
    jax.device_get(state.params),
    label_table=scenes.label_table,
    size=(config.data.height, config.data.width),
    min_confidence=options.min_confidence,
    batch_size=options.batch_size,
  )


def _training(
  options: Options,
  config: ml_collections.ConfigDict,
  folder: pathlib.Path,
  scenes: batch_lib.Source,
  network: instance_center_network.InstanceCenterNetwork,
  checkpoints: manager.Checkpoints,
) -> loop.Run:
  optimizer = optax.adam(
    optax.cosine_decay_schedule(_LEARNING_RATE, options.num_steps)
  )
  initialize = functools.partial(
    instance_center_step.initialize, network, optimizer, seed=config.seed
  )
  abstract_state = jax.eval_shape(initialize)
  workdir.check_space(folder, abstract_state)
  return loop.Run(
    workdir=folder,
    checkpoints=checkpoints,
    initialize=jax.jit(initialize),
    abstract_state=abstract_state,
    train_step=instance_center_step.TrainStep(
      network, optimizer, axis_name=devices.AXIS_NAME
    ),
    make_batches=lambda step: instance_center_step.with_targets(
      data.train_batches(config, scenes, start_step=step)
    ),
    intervals=loop.Intervals(
      num_steps=options.num_steps,
      log_every_steps=20,
      sample_every_steps=options.num_steps,
      checkpoint_every_steps=_STEPS_BETWEEN_CHECKPOINTS,
    ),
    progress_metrics=(('heat_loss', 'heat'), ('offset_loss', 'offsets')),
  )


def _as_seen(
  config: ml_collections.ConfigDict, options: Options
) -> ml_collections.ConfigDict:
  """Scenes as the network sees them: whole and stretched to one size."""
  config = copy.deepcopy(config)
  config.batch_size = options.batch_size
  with config.data.unlocked():
    config.data.update(
      {
        'geometry': 'resize',
        'load_height': 0,
        'load_width': 0,
        'without_instance_map': 'unknown',
      }
    )
  return config


def _check(options: Options) -> None:
  """Refuses options that no network could use."""
  if not 0.0 <= options.min_confidence <= 1.0:
    raise InputError(
      f'--min_confidence is {options.min_confidence}, expected a number from 0 '
      'to 1.'
    )
  if options.num_steps < 1:
    raise InputError(f'--num_steps is {options.num_steps}, expected 1 or more.')
  if options.base_channels < 8 or options.base_channels % 8:
    raise InputError(
      f'--base_channels is {options.base_channels}, expected a multiple of 8.'
    )
  devices.check_batch_size(options.batch_size, '--batch_size')


def _check_scenes(scenes: batch_lib.Source, num_known: int) -> None:
  """Refuses data with nothing to learn from, or nothing to complete."""
  if not scenes.label_table.things:
    raise InputError(
      'No class of these data has instances: expected "has_instances": true in '
      'labels.json for classes whose objects are to be found.'
    )
  if not num_known:
    raise InputError(
      f'None of the {len(scenes)} training scenes has an instance map: '
      'expected some to learn from. Annotate the objects of a part of them.'
    )
  if num_known == len(scenes):
    raise InputError(
      f'All {num_known} training scenes have an instance map: there is nothing '
      'to complete. To try it, take the maps of a part of them with '
      '--config.data.instance_share=0.3.'
    )


def _check_apart(
  scenes: Mapping[str, batch_lib.Source], layout: scene_layout.SceneLayout
) -> None:
  """Refuses scenes to be completed that val has in the same files."""
  is_known = unknown_instances.has_instance_map(scenes['train'])
  in_val = set(scenes['val'].image_ids)
  shared = [
    name
    for name, known in zip(scenes['train'].image_ids, is_known, strict=True)
    if not known
    and name in in_val
    and layout.map_paths('train', name) == layout.map_paths('val', name)
  ]
  if shared:
    raise InputError(
      f'{len(shared)} scenes to be completed are in train and in val, which '
      f'have the same files in the layout of {layout.name}: '
      f'{summarize(shared)}. Expected each in one split; remove it from the '
      'list of the other.'
    )


def _settings(
  options: Options,
  config: ml_collections.ConfigDict,
  scenes: batch_lib.Source,
  num_known: int,
) -> dict[str, Any]:
  """What the network depends on, besides the content of the files."""
  of_data = {
    key: config.data[key]
    for key in ('source', 'height', 'width', 'flip', 'seed', 'num_train')
  }
  return {
    'num_steps': options.num_steps,
    'batch_size': options.batch_size,
    'base_channels': options.base_channels,
    'seed': config.seed,
    **{f'data.{key}': value for key, value in of_data.items()},
    'instance_share': config.data.get('instance_share', 1.0),
    'num_scenes': len(scenes),
    'num_known': num_known,
    'things': ', '.join(label.name for label in scenes.label_table.things),
  }
