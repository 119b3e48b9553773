"""How long a run is, and its learning rates."""

import dataclasses

import jax
import jax.numpy as jnp
import ml_collections

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


@dataclasses.dataclass(frozen=True)
class LinearDecay:
  """A learning rate: constant, then linear to 0 at the end of the run.

  Attributes:
    rate: in the beginning.
    num_steps: of the run.
    decay_steps: of its last part.
    stair: steps in which the rate stays the same.
  """

  rate: float
  num_steps: int
  decay_steps: float
  stair: int

  def __call__(self, step: int | jax.Array) -> jax.Array:
    """The rate of a step."""
    stair_step = (step // self.stair) * self.stair
    passed = stair_step - (self.num_steps - self.decay_steps)
    return self.rate * (1.0 - jnp.clip(passed / self.decay_steps, 0.0, 1.0))


def learning_rate(
  config: ml_collections.ConfigDict, num_examples: int, rate: float
) -> LinearDecay:
  """Decays over the last `decay_fraction` of the run.

  As in GauGAN the rate changes from epoch to epoch; a run that is counted in
  steps changes it at every step.
  """
  total = num_steps(config, num_examples)
  stair = _steps_per_epoch(config, num_examples) if config.num_epochs else 1
  return LinearDecay(
    rate, total, max(1.0, total * config.decay_fraction), stair
  )


def _steps_per_epoch(
  config: ml_collections.ConfigDict, num_examples: int
) -> int:
  return max(1, num_examples // config.batch_size)
