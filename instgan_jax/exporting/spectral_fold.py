"""Folds the spectral norm into the kernels: inference does not change it."""

import jax
import numpy as np
from flax import traverse_util

from instgan_jax.models import spectral_conv

Variables = dict


def fold_spectral_norm(variables: Variables) -> Variables:
  """Divides every kernel that has a spectral norm by it.

  Args:
    variables: of a generator, {'params', 'batch_stats', 'spectral_stats'}.

  Returns:
    The variables of the same generator with `use_spectral_norm=False`, numpy
    arrays, without 'spectral_stats'. Variables without these come back as they
    are.
  """
  flat = traverse_util.flatten_dict(variables['params'])
  stats = traverse_util.flatten_dict(variables.get('spectral_stats', {}))
  for *module, name in stats:
    if name == 'u':
      kernel = (*module, 'kernel')
      u, v = stats[(*module, 'u')], stats[(*module, 'v')]
      sigma = spectral_conv.spectral_norm(flat[kernel], u, v)
      flat[kernel] = np.asarray(flat[kernel] / sigma)
  rest = {
    key: value
    for key, value in variables.items()
    if key not in ('params', 'spectral_stats')
  }
  return jax.device_get({'params': traverse_util.unflatten_dict(flat), **rest})
