"""Adam (arXiv:1412.6980), which without momentum keeps no first moment.

GauGAN's beta1 is 0: the first moment is the gradient, and to keep it would take
as much memory as the parameters. Until version 0.2 runs did, and checkpoints.
"""

import functools
from typing import Any

import optax

from instgan_jax.checkpoints import manager

_STATES = ('g_opt_state', 'd_opt_state')


@functools.lru_cache(maxsize=8)  # Steps with the same optimizer are equal.
def adam(
  rate: optax.ScalarOrSchedule, *, b1: float, b2: float
) -> optax.GradientTransformation:
  """The optimizer.

  Args:
    rate: the learning rate, or its schedule.
    b1: decay of the first moment, in [0, 1).
    b2: decay of the second moment, in [0, 1).
  """
  if b1:
    return optax.adam(rate, b1=b1, b2=b2)
  return optax.chain(
    optax.scale_by_rms(b2, eps_in_sqrt=False, bias_correction=True),
    optax.scale_by_learning_rate(rate),
  )


def as_saved(abstract_state: Any, checkpoints: manager.Checkpoints) -> Any:
  """`abstract_state` as the latest checkpoint has it: with first moments?"""
  changed = {}
  for name in _STATES:
    moments = _moments(abstract_state, name)
    if moments is None or hasattr(moments, 'mu'):
      continue
    if not checkpoints.lacks(f'{name}/0/mu'):
      older = optax.ScaleByAdamState(moments.count, moments.nu, moments.nu)
      changed[name] = (older, *getattr(abstract_state, name)[1:])
  return abstract_state.replace(**changed) if changed else abstract_state


def completed(state: Any, abstract_state: Any) -> Any:
  """A restored state, without the first moments that today's has not."""
  changed = {}
  for name in _STATES:
    older, today = _moments(state, name), _moments(abstract_state, name)
    if hasattr(older, 'mu') and not hasattr(today, 'mu'):
      moments = today._replace(count=older.count, nu=older.nu)
      changed[name] = (moments, *getattr(state, name)[1:])
  return state.replace(**changed) if changed else state


def _moments(state: Any, name: str) -> Any:
  """Those of an optimizer of `adam`; None for others."""
  parts = getattr(state, name, None)
  first = parts[0] if isinstance(parts, tuple) and parts else None
  return first if hasattr(first, 'nu') else None
