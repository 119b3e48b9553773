"""Everything that training carries from one step to the next."""

from typing import Any

import flax
import jax

Tree = Any


@flax.struct.dataclass
class GanState:
  """Arrays only: no functions, no configuration, no random state.

  Attributes:
    step: int32 [], updates done.
    g_params: parameters of the networks that the generator's optimizer moves:
      `generator` and, where there are, `encoder` (of the whole image) and
      `instance_encoder`.
    g_stats: the same networks' `batch_stats` and `spectral_stats`; with an
      instance encoder also the generator's `latent_stats`.
    g_opt_state: the generator's optimizer state.
    d_params: parameters of the discriminator.
    d_stats: the discriminator's `spectral_stats`.
    d_opt_state: the discriminator's optimizer state.
    ema: moving average of the generator, `params` and `batch_stats`, and of
      the parameters of `instance_encoder`; empty where it is off.
  """

  step: jax.Array
  g_params: Tree
  g_stats: Tree
  g_opt_state: Tree
  d_params: Tree
  d_stats: Tree
  d_opt_state: Tree
  ema: Tree


def generator_variables(state: GanState, *, use_ema: bool = True) -> Tree:
  """Variables for inference: the moving average where there is one."""
  stats = state.g_stats['generator']
  if use_ema and state.ema:
    averaged = {key: state.ema[key] for key in ('params', 'batch_stats')}
    return {**stats, **averaged}
  return {**stats, 'params': state.g_params['generator']}
