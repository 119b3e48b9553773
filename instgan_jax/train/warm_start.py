"""Starting a run from the weights of another: `--config.init_from`.

Weights are those of `checkpoints.networks.load`, {network: variables}. GauGAN's
weights start an L+I+P run: only the instance branches, whose heads begin at
zero, and the statistics of encoded latents may be missing.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import traverse_util

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import tree
from instgan_jax.models import latent_stats
from instgan_jax.train import ema as ema_lib
from instgan_jax.train import state as state_lib

Tree = Any
# Modules that L+I and L+I+P add to GauGAN's generator.
INSTANCE_MODULES = ('/instance_style/', '/instance/')


def check(state: state_lib.GanState, weights: Tree, folder: str) -> None:
  """Raises InputError, listing every name, unless `weights` fit `state`."""
  if 'spectral_stats' not in weights.get('generator', {'spectral_stats'}):
    raise InputError(
      f'The weights in {folder} are an export: their spectral norm is folded '
      'into them, for inference alone. Start from the run that was exported.'
    )
  problems = []
  wanted = _variables(state)
  for network, variables in weights.items():
    if network not in wanted:
      continue  # An encoder that this configuration does not use.
    problems += [
      f'{network}/{line}'
      for line in _differences(variables, wanted[network])
      if not (
        line.endswith('is missing')
        and any(module in line for module in INSTANCE_MODULES)
      )
    ]
  if problems:
    raise InputError(
      f'The weights in {folder} do not fit this configuration:\n  '
      + '\n  '.join(problems)
      + '\nSet the same config.model, or choose other weights.'
    )


def summary(state: state_lib.GanState, weights: Tree, folder: str) -> str:
  """A line on which networks start from `weights` and which from nothing."""
  parts = []
  for network, variables in _variables(state).items():
    missing = _differences(weights.get(network, {}), variables)
    if network not in weights:
      parts.append(f'a fresh {network}')
    elif missing:
      parts.append(f'its {network} with fresh instance branches')
    else:
      parts.append(f'its {network}')
  return f'Starts from {folder}: {", ".join(parts)}.'


def apply(state: state_lib.GanState, weights: Tree) -> state_lib.GanState:
  """Copies checked weights into a fresh state; the rest stays as it is."""
  g_params, g_stats = dict(state.g_params), dict(state.g_stats)
  d_params, d_stats = state.d_params, state.d_stats
  for network, variables in _variables(state).items():
    if network not in weights:
      continue
    merged = _merge(variables, weights[network])
    params = merged.pop('params')
    if network == 'discriminator':
      d_params, d_stats = params, merged
    else:
      g_params[network], g_stats[network] = params, merged
  ema = state.ema
  if ema:
    # Copies: the step donates every leaf of the state by itself.
    ema = jax.tree.map(jnp.copy, ema_lib.averaged_variables(g_params, g_stats))
  return state.replace(
    g_params=g_params,
    g_stats=g_stats,
    d_params=d_params,
    d_stats=d_stats,
    ema=ema,
  )


def _variables(state: state_lib.GanState) -> dict[str, Tree]:
  networks = {
    name: {'params': params, **state.g_stats[name]}
    for name, params in state.g_params.items()
  }
  networks['discriminator'] = {'params': state.d_params, **state.d_stats}
  return networks


def _differences(given: Tree, expected: Tree) -> list[str]:
  """But for statistics of latents, which runs without an encoder lack."""
  return [
    line
    for line in tree.differences(given, expected)
    if not line.startswith(latent_stats.COLLECTION)
  ]


def _merge(fresh: Tree, loaded: Tree) -> Tree:
  flat = traverse_util.flatten_dict(fresh)
  for name, value in traverse_util.flatten_dict(loaded).items():
    if name in flat:  # All but statistics of latents, without an encoder.
      flat[name] = jnp.asarray(value, flat[name].dtype)
  return traverse_util.unflatten_dict(flat)
