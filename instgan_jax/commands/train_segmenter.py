"""A training run of a segmenter: `instgan_jax.train_segmenter`."""

import functools
import json
import pathlib
import shutil
from typing import Any

import jax
import ml_collections
import numpy as np

from data_pipeline import batch as batch_lib
from data_pipeline import labels_file
from data_pipeline import scenes as scenes_lib
from data_pipeline.errors import InputError
from instgan_jax.build import data, label_table, schedule
from instgan_jax.build import segmenter as build_segmenter
from instgan_jax.checkpoints import manager, run_config, weights_folder
from instgan_jax.commands import workdir as workdir_lib
from instgan_jax.evaluation import (
  confusion,
  miou,
  segmenter,
  segmenter_protocol,
)
from instgan_jax.pretrained import load
from instgan_jax.runtime import devices
from instgan_jax.train import loop, segmenter_step


def run(config: ml_collections.ConfigDict, workdir: pathlib.Path) -> None:
  """Trains on the real images of 'train', or continues; evaluates on 'val'.

  At the end the weights are written to WORKDIR/weights, where
  `pretrained.load.pspnet` reads them. A run that has them is complete: this is
  printed, and nothing is done.

  Args:
    config: see configs/cityscapes_segmenter.py.
    workdir: is made if it is missing.

  Raises:
    InputError: for wrong input.
    exits.Stopped: after SIGTERM or Ctrl-C, once the state is saved.
    metrics.NonFiniteError: if the training diverged.
  """
  build_segmenter.check(config)
  config = data.with_label_table(config)
  workdir_lib.make(workdir)
  notice = run_config.check(workdir, config)
  if notice and jax.process_index() == 0:
    print(notice)
    # Of the shorter run; its checkpoint has them as well.
    shutil.rmtree(workdir / weights_folder.TRAINED_FOLDER, ignore_errors=True)
  if _is_complete(workdir):
    if jax.process_index() == 0:
      print(f'The run in {workdir} is complete.\n{_conclusion(workdir)}')
    return
  with manager.Checkpoints(
    workdir,
    keep_last=config.keep_checkpoints,
    keep_every_steps=config.keep_every_steps,
  ) as checkpoints:
    job = _job(config, workdir, checkpoints)
    workdir_lib.check_space(workdir, job.abstract_state)
    if jax.process_index() == 0:
      run_config.save(workdir, config)
    state, metrics = loop.train(job)
  if jax.process_index() == 0:
    _save(config, workdir, state, metrics)
    print(_conclusion(workdir), flush=True)


def _job(
  config: ml_collections.ConfigDict,
  workdir: pathlib.Path,
  checkpoints: manager.Checkpoints,
) -> loop.Run:
  scenes, val_scenes = data.training_source(config), data.source(config, 'val')
  num_steps = schedule.num_steps(config, len(scenes))
  network = build_segmenter.network(
    config, train=True, axis_name=devices.AXIS_NAME
  )
  optimizer = build_segmenter.optimizer(config, num_steps)
  size = build_segmenter.size(config)
  initialize = functools.partial(
    segmenter_step.initialize, network, optimizer, seed=config.seed, size=size
  )
  try:
    abstract_state = jax.eval_shape(initialize)
  except ValueError as error:
    raise InputError(f'config.model cannot be built: {error}') from error
  return loop.Run(
    workdir=workdir,
    checkpoints=checkpoints,
    initialize=jax.jit(initialize),
    abstract_state=abstract_state,
    train_step=segmenter_step.TrainStep(
      network,
      optimizer,
      seed=config.seed,
      size=size,
      auxiliary_weight=config.auxiliary_weight,
      train_ids=scenes.label_table.train_ids,
      scales=(config.min_scale, config.max_scale),
      axis_name=devices.AXIS_NAME,
    ),
    make_batches=lambda step: data.train_batches(
      config, scenes, start_step=step
    ),
    intervals=loop.Intervals(
      num_steps=num_steps,
      log_every_steps=config.log_every_steps,
      sample_every_steps=config.eval_every_steps,
      checkpoint_every_steps=config.checkpoint_every_steps,
    ),
    evaluators=(
      loop.Evaluator(
        lambda variables: _metrics(config, variables, val_scenes),
        config.eval_every_steps,
      ),
    ),
    variables_of=segmenter_step.inference_variables,
    progress_metrics=(('loss', 'loss'), ('accuracy', 'accuracy')),
  )


def _metrics(
  config: ml_collections.ConfigDict,
  variables: Any,
  source: batch_lib.Source,
) -> dict[str, float]:
  """mIoU and accuracy of the network on real images."""
  network = build_segmenter.network(config, train=False)
  trained = segmenter.Segmenter(
    load.Network(network, variables, ''),
    _protocol(config),
    label_table=source.label_table,
  )
  counts = confusion.Confusion(source.label_table)
  for scenes in scenes_lib.read_scenes(source, config.batch_size):
    size = scenes.label_maps.shape[1:]
    predicted = trained.label_maps(scenes.images, size)
    for scene in zip(scenes.label_maps, predicted, scenes.names, strict=True):
      counts.update(*scene)
  scores = miou.scores(counts.matrix, source.label_table)
  classes = {
    f'iou {name}': iou
    for name, iou in scores.class_iou.items()
    if np.isfinite(iou)
  }
  return {
    'miou': scores.mean_iou,
    'accuracy_valid': scores.accuracy_valid,
    **classes,
  }


def _protocol(
  config: ml_collections.ConfigDict,
) -> segmenter_protocol.Protocol:
  """How the trained network processes images: whole, at its own size."""
  return segmenter_protocol.whole(build_segmenter.size(config))


def _is_complete(workdir: pathlib.Path) -> bool:
  """Whether a run, not an import, has written its weights there."""
  return (workdir / run_config.FILE).exists() and (
    workdir / weights_folder.TRAINED_FOLDER
  ).is_dir()


def _save(
  config: ml_collections.ConfigDict,
  workdir: pathlib.Path,
  state: segmenter_step.SegmenterState,
  metrics: dict[str, float],
) -> None:
  """Writes the weights, completely or not at all, with their metrics."""
  variables = jax.tree.map(
    np.asarray, segmenter_step.inference_variables(state)
  )
  metadata = {
    'network': 'pspnet',
    'options': build_segmenter.options(config),
    'protocol': _protocol(config)._asdict(),
    'labels': labels_file.to_json(label_table.of(config)),
    'metrics_on_real_val': metrics,
    'files': [],
  }
  weights_folder.save(
    workdir / weights_folder.TRAINED_FOLDER,
    {'pspnet': variables},
    {weights_folder.METADATA_FILE: json.dumps(metadata, indent=2) + '\n'},
  )


def _conclusion(workdir: pathlib.Path) -> str:
  metadata = weights_folder.metadata(workdir)
  # Its name before 0.2 is the second one.
  metrics = (
    metadata.get('metrics_on_real_val') or metadata['figures_on_real_val']
  )
  return (
    f'mIoU on the real val images: {metrics["miou"]:.3f}, pixel accuracy '
    f'{metrics["accuracy_valid"]:.3f}.\nEvaluate with --segmenter {workdir}.'
  )
