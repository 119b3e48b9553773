"""How long a run is, and its learning rates."""

import jax.numpy as jnp
import ml_collections
import optax

from data_pipeline.errors import InputError


def num_steps(config: ml_collections.ConfigDict, num_examples: int) -> int:
  """Updates of the whole run: `num_steps`, or `num_epochs` of the data.

  Raises:
    InputError: unless exactly one of the two is above 0.
  """
  if bool(config.num_steps) == bool(config.num_epochs):
    raise InputError(
      f'num_steps is {config.num_steps} and num_epochs {config.num_epochs}: '
      'exactly one of them must be above 0.'
    )
  if config.num_steps:
    return config.num_steps
  return config.num_epochs * _steps_per_epoch(config, num_examples)


def learning_rate(
  config: ml_collections.ConfigDict, num_examples: int, rate: float
) -> optax.Schedule:
  """Constant, then linear to 0 over the last `decay_fraction` of the run.

  As in GauGAN the rate changes from epoch to epoch; a run that is counted in
  steps changes it at every step.
  """
  total = num_steps(config, num_examples)
  stair = _steps_per_epoch(config, num_examples) if config.num_epochs else 1
  decay_steps = max(1.0, total * config.decay_fraction)

  def schedule(step):
    passed = (step // stair) * stair - (total - decay_steps)
    return rate * (1.0 - jnp.clip(passed / decay_steps, 0.0, 1.0))

  return schedule


def _steps_per_epoch(
  config: ml_collections.ConfigDict, num_examples: int
) -> int:
  return max(1, num_examples // config.batch_size)
