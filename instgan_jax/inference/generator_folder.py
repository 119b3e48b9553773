"""A trained generator in a folder: of a run, of an export, or imported."""

import pathlib
from typing import Any, NamedTuple

import ml_collections

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import (
  manager,
  networks,
  run_config,
  weights_folder,
)


class TrainedGenerator(NamedTuple):
  """A generator's weights and where they come from.

  Attributes:
    config: what it was trained with.
    variables: numpy arrays.
    step: of the training; None for imported weights.
    uses_ema: whether the weights are a moving average over the training.
    weights_sha256: of the weights that an export was made of; '' otherwise.
    encoder_variables: of the instance encoder; None where there is none.
  """

  config: ml_collections.ConfigDict
  variables: Any
  step: int | None = None
  uses_ema: bool = False
  weights_sha256: str = ''
  encoder_variables: Any = None


def load(
  folder: str,
  *,
  use_ema: bool = True,
  dtype: str = '',
  step: int | None = None,
  image_size: tuple[int, int] | None = None,
) -> TrainedGenerator:
  """Reads a workdir, an export, or imported GauGAN weights.

  Args:
    folder: its path.
    use_ema: takes the moving average, where a workdir has one.
    dtype: to compute in; '' for that of the run.
    step: of a workdir's checkpoint; None for the latest.
    image_size: height and width to generate; None for that of the training.

  Raises:
    InputError: if there is none.
  """
  path = pathlib.Path(folder)
  if not path.is_dir():
    raise InputError(f'{folder}: there is no such folder.')
  config = run_config.load(folder)
  config.dtype = dtype or config.dtype
  if image_size:
    config.data.height, config.data.width = image_size
  weights = networks.load(folder, use_ema=use_ema, step=step)
  if 'generator' not in weights:
    raise InputError(f'{folder} holds no generator.')
  generator = TrainedGenerator(
    config,
    weights['generator'],
    encoder_variables=weights.get('instance_encoder'),
  )
  saved = manager.saved_steps(folder)
  if saved:
    return generator._replace(
      step=saved[-1] if step is None else step,
      uses_ema=use_ema and config.ema_decay > 0,
    )
  if (path / weights_folder.METADATA_FILE).exists():
    generator = _with_origin(generator, folder)
    if generator.uses_ema and not use_ema:
      raise InputError(
        f'{folder} holds the moving average alone: leave out --weights raw, or '
        'give the workdir that it was exported from.'
      )
  return generator


def _with_origin(generator: TrainedGenerator, folder: str) -> TrainedGenerator:
  """Adds what an export says of the run that it was made of."""
  origin = weights_folder.metadata(folder).get('origin', {})
  try:
    return generator._replace(**origin)
  except (TypeError, ValueError) as error:
    raise InputError(
      f'{folder}/{weights_folder.METADATA_FILE} is not that of an export '
      f'({error}): export the run again.'
    ) from error
