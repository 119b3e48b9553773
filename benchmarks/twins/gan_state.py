"""Our train state with the weights of the twins."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from instgan_jax.train import state as state_lib
from instgan_jax.train import step as step_lib
from instgan_jax.weights import gaugan

# The conversion of each network's state dict.
CONVERT = {
  'generator': gaugan.generator_variables,
  'encoder': gaugan.encoder_variables,
  'discriminator': gaugan.discriminator_variables,
}


def variables(state_dicts: Mapping[str, Any]) -> dict[str, Any]:
  """Our variables by network, of PyTorch's state dicts by network."""
  return {name: CONVERT[name](state_dicts[name]) for name in state_dicts}


def state(
  variables_of: Mapping[str, Any], optimizers: step_lib.Optimizers
) -> state_lib.GanState:
  """The state before the first step, of copies of `variables`."""
  copies = jax.tree.map(jnp.array, dict(variables_of))
  params = {name: tree.pop('params') for name, tree in copies.items()}
  d_params, d_stats = (tree.pop('discriminator') for tree in (params, copies))
  return state_lib.GanState(
    step=jnp.int32(0),
    g_params=params,
    g_stats=copies,
    g_opt_state=optimizers.generator.init(params),
    d_params=d_params,
    d_stats=d_stats,
    d_opt_state=optimizers.discriminator.init(d_params),
    ema={},
  )
