"""Checkpoints of version 0.2 and before, which lack parts of today's state.

They have no average of the instance encoder, no statistics of its latents, and
first moments of Adam that nothing uses, see `adam`.
"""

from typing import Any

import jax
import jax.numpy as jnp

from instgan_jax.checkpoints import manager
from instgan_jax.models import latent_stats
from instgan_jax.runtime import devices
from instgan_jax.train import adam

_ENCODER = 'instance_encoder'


def as_saved(abstract_state: Any, checkpoints: manager.Checkpoints) -> Any:
  """`abstract_state` as the latest checkpoint has it."""
  state = adam.as_saved(abstract_state, checkpoints)
  if _ENCODER not in getattr(state, 'g_params', {}):
    return state  # Also of a segmenter, which has none.
  if _ENCODER in state.ema and checkpoints.lacks(f'ema/{_ENCODER}'):
    state = state.replace(ema=_without(state.ema, _ENCODER))
  if checkpoints.lacks(f'g_stats/generator/{latent_stats.COLLECTION}'):
    stats = _without(state.g_stats['generator'], latent_stats.COLLECTION)
    state = state.replace(g_stats={**state.g_stats, 'generator': stats})
  return state


def completed(state: Any, abstract_state: Any) -> Any:
  """A restored state with what its checkpoint lacked.

  The encoder's average begins as the encoder is, its statistics as those of
  N(0, 1).

  Args:
    state: of the checkpoint.
    abstract_state: shapes and types of today's.
  """
  state = adam.completed(state, abstract_state)
  if _ENCODER not in getattr(state, 'g_params', {}):
    return state
  if state.ema and _ENCODER not in state.ema:
    # Copies: the step donates every leaf of the state by itself.
    encoder = jax.tree.map(jnp.copy, state.g_params[_ENCODER])
    state = state.replace(ema={**state.ema, _ENCODER: encoder})
  stats = state.g_stats['generator']
  if latent_stats.COLLECTION not in stats:
    wanted = abstract_state.g_stats['generator'][latent_stats.COLLECTION]
    fresh = latent_stats.initial(wanted['mean'].shape[-1])
    fresh = devices.replicate(fresh)
    stats = {**stats, latent_stats.COLLECTION: fresh}
    state = state.replace(g_stats={**state.g_stats, 'generator': stats})
  return state


def _without(tree: dict, key: str) -> dict:
  return {name: value for name, value in tree.items() if name != key}
