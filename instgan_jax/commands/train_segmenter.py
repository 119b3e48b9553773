"""A segmenter's training run: what `train_segmenter` does after the flags."""

import functools
import json
import pathlib

import jax
import ml_collections
import numpy as np

from data_pipeline import batches
from data_pipeline.errors import InputError
from instgan_jax.build import data, schedule
from instgan_jax.build import segmenter as build_segmenter
from instgan_jax.checkpoints import manager, run_config, weights_folder
from instgan_jax.commands import train
from instgan_jax.evaluation import confusion, miou, segmenter
from instgan_jax.pretrained import load
from instgan_jax.runtime import devices
from instgan_jax.train import loop, segmenter_step


def run(config: ml_collections.ConfigDict, workdir: pathlib.Path) -> None:
  """Trains on the real images of 'train', or continues; measures on 'val'.

  At the end the weights are written to WORKDIR/weights, where
  `frozen.load_pspnet` finds them. A run that has them is complete: it is said
  and nothing is done.

  Args:
    config: see configs/cityscapes_segmenter.py.
    workdir: is made if it is missing.

  Raises:
    InputError: for wrong input.
    exits.Stopped: after SIGTERM or Ctrl-C, once the state is saved.
    metrics.NonFiniteError: if the training diverged.
  """
  build_segmenter.check(config)
  train.make_folder(workdir)
  run_config.check(workdir, config)
  if _is_complete(workdir):
    if jax.process_index() == 0:
      print(f'The run in {workdir} is complete.\n{_advice(workdir)}')
    return
  scenes = data.source(config, 'train')
  val_scenes = data.source(config, 'val')
  num_steps = schedule.num_steps(config, len(scenes))
  network = build_segmenter.network(
    config, train=True, axis_name=devices.AXIS_NAME
  )
  optimizer = build_segmenter.optimizer(config, num_steps)
  size = build_segmenter.size(config)
  start = functools.partial(
    segmenter_step.initialize, network, optimizer, seed=config.seed, size=size
  )
  try:
    abstract_state = jax.eval_shape(start)
  except ValueError as error:
    raise InputError(f'config.model cannot be built: {error}') from error
  train.check_space(workdir, abstract_state)
  with manager.Checkpoints(
    workdir,
    keep_last=config.keep_checkpoints,
    keep_every_steps=config.keep_every_steps,
  ) as checkpoints:
    if jax.process_index() == 0:
      run_config.save(workdir, config)
    state, figures = loop.train(
      workdir=workdir,
      checkpoints=checkpoints,
      initialize=jax.jit(start),
      abstract_state=abstract_state,
      train_step=segmenter_step.make_train_step(
        network,
        optimizer,
        seed=config.seed,
        size=size,
        auxiliary_weight=config.auxiliary_weight,
        scales=(config.min_scale, config.max_scale),
        axis_name=devices.AXIS_NAME,
      ),
      make_batches=lambda step: data.train_batches(
        config, scenes, start_step=step
      ),
      cadence=loop.Intervals(
        num_steps=num_steps,
        log_every_steps=config.log_every_steps,
        sample_every_steps=config.eval_every_steps,
        checkpoint_every_steps=config.checkpoint_every_steps,
      ),
      evaluators=(
        loop.Evaluator(
          lambda variables: _figures(config, variables, val_scenes),
          config.eval_every_steps,
        ),
      ),
      variables_of=segmenter_step.inference_variables,
      shown={'loss': 'loss', 'accuracy': 'accuracy'},
    )
  if jax.process_index() == 0:
    _save(config, workdir, state, figures)
    print(_advice(workdir), flush=True)


def _figures(config, variables, scenes) -> dict[str, float]:
  """mIoU and accuracy of the network on real images."""
  network = build_segmenter.network(config, train=False)
  looking = segmenter.Segmenter(
    load.Network(network, variables, ''), build_segmenter.protocol(config)
  )
  counts = confusion.Confusion()
  for batch in batches.eval_batches(
    scenes, batch_size=min(config.batch_size, len(scenes))
  ):
    label_maps = batch['label_map']
    predicted = looking.label_maps(batch['image'], label_maps.shape[1:])
    for true, found, is_scene in zip(
      label_maps, predicted, batch['mask'], strict=True
    ):
      if is_scene:
        counts.update(true, found)
  scores = miou.scores(counts.matrix)
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


def _is_complete(workdir: pathlib.Path) -> bool:
  """Whether a run, not an import, has written its weights there."""
  return (workdir / run_config.CONFIG_FILE).exists() and (
    workdir / load.TRAINED_FOLDER
  ).is_dir()


def _save(config, workdir: pathlib.Path, state, figures) -> None:
  """Writes the weights, complete or not at all, with what they reach."""
  variables = jax.tree.map(
    np.asarray, segmenter_step.inference_variables(state)
  )
  about = {
    'network': 'pspnet',
    'options': build_segmenter.options(config),
    'protocol': build_segmenter.protocol(config)._asdict(),
    'figures_on_real_val': figures,
    'files': [],
  }
  weights_folder.save_tree(
    workdir / load.TRAINED_FOLDER,
    {'pspnet': variables},
    {weights_folder.WEIGHTS_FILE: json.dumps(about, indent=2) + '\n'},
  )


def _advice(workdir: pathlib.Path) -> str:
  figures = load.metadata(str(workdir))['figures_on_real_val']
  return (
    f'mIoU on the real val images: {figures["miou"]:.3f}, pixel accuracy '
    f'{figures["accuracy_valid"]:.3f}.\nMeasure with --segmenter {workdir}.'
  )
