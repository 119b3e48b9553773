"""The exponential moving average (EMA) of a generator and its encoder."""

from typing import Any

import jax.numpy as jnp
import optax

from instgan_jax.train import state as state_lib

_ENCODER = 'instance_encoder'


def averaged_variables(g_params: Any, g_stats: Any) -> dict[str, Any]:
  """What is averaged: `params` and `batch_stats` of the generator.

  Beside them the parameters of the instance encoder, where there is one.
  Spectral norms follow the live network.

  Args:
    g_params: as in `GanState`.
    g_stats: as in `GanState`.
  """
  averaged = {
    'params': g_params['generator'],
    'batch_stats': g_stats['generator']['batch_stats'],
  }
  if _ENCODER in g_params:
    averaged[_ENCODER] = g_params[_ENCODER]
  return averaged


def update(state: state_lib.GanState, decay: float) -> state_lib.GanState:
  """Moves the average by one step.

  The decay warms up as (1 + step) / (10 + step), so that the average of a
  young run is not its initialization.

  Args:
    state: the state after the update of step `state.step`.
    decay: in [0, 1); 0 leaves the state as it is.

  Returns:
    The state with its new average.
  """
  if not decay:
    return state
  step = state.step.astype(jnp.float32)
  warm_decay = jnp.minimum(decay, (1.0 + step) / (10.0 + step))
  live = averaged_variables(state.g_params, state.g_stats)
  return state.replace(
    ema=optax.incremental_update(live, state.ema, 1.0 - warm_decay)
  )
