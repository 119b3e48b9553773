"""Starting a run from the weights of another: `--config.init_from`.

Weights come from a training workdir or from a folder of imported weights.
Both are brought to one form, {network: variables}, and laid over a fresh
state. GauGAN's weights start an L+I+P run: only the instance branches, whose
heads begin at zero, may be missing.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import traverse_util

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import weights_folder
from instgan_jax.train import state as state_lib

Tree = Any
# Modules that L+I and L+I+P add to GauGAN's generator.
INSTANCE_MODULES = ('/instance_style/', '/instance/')
_OPTIMIZER_STATES = ('g_opt_state', 'd_opt_state')
_NETWORKS = ('generator', 'encoder', 'discriminator')


def load(folder: str, *, use_ema: bool = True) -> dict[str, Tree]:
  """The networks' variables in `folder`, as numpy arrays.

  Args:
    folder: a training workdir or imported weights.
    use_ema: whether to take of a training run's generator what the run draws
      with: the moving average where there is one.

  Returns:
    {network: {'params', 'batch_stats', 'spectral_stats'}} for those of
    generator, encoder and discriminator that the folder holds.

  Raises:
    InputError: if there are no weights.
  """
  tree = weights_folder.restore_tree(folder, without=_OPTIMIZER_STATES)
  if 'g_params' not in tree:
    networks = {key: tree[key] for key in _NETWORKS if key in tree}
    if not networks:
      raise InputError(
        f'{folder} holds {", ".join(sorted(tree))}, expected weights of a '
        'generator.'
      )
    return networks
  networks = {
    name: {'params': params, **tree['g_stats'][name]}
    for name, params in tree['g_params'].items()
  }
  if use_ema:
    networks['generator'].update(tree.get('ema') or {})
  networks['discriminator'] = {'params': tree['d_params'], **tree['d_stats']}
  return networks


def check(state: state_lib.GanState, weights: Tree, folder: str) -> None:
  """Raises InputError, listing every name, unless `weights` fit `state`."""
  if 'spectral_stats' not in weights.get('generator', {'spectral_stats'}):
    raise InputError(
      f'The weights in {folder} are an export: their spectral norm is folded '
      'into them, for drawing alone. Start from the run they are of.'
    )
  problems = []
  wanted = _variables(state)
  for network, variables in weights.items():
    if network not in wanted:
      continue  # An encoder that this configuration does not use.
    problems += [
      f'{network}/{line}'
      for line in weights_folder.differences(variables, wanted[network])
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
    missing = weights_folder.differences(weights.get(network, {}), variables)
    if network not in weights:
      parts.append(f'a fresh {network}')
    elif missing:
      parts.append(f'its {network} with fresh instance branches')
    else:
      parts.append(f'its {network}')
  return f'Starts from {folder}: {", ".join(parts)}.'


def place(state: state_lib.GanState, weights: Tree) -> state_lib.GanState:
  """Lays checked weights over a fresh state; the rest stays as it is."""
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
    ema = jax.tree.map(
      jnp.copy,
      {
        'params': g_params['generator'],
        'batch_stats': g_stats['generator']['batch_stats'],
      },
    )
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


def _merge(fresh: Tree, loaded: Tree) -> Tree:
  flat = traverse_util.flatten_dict(fresh)
  for name, value in traverse_util.flatten_dict(loaded).items():
    flat[name] = jnp.asarray(value, flat[name].dtype)
  return traverse_util.unflatten_dict(flat)
