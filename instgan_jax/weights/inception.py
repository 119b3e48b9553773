"""Conversion of pytorch-fid's Inception weights for `pretrained.inception`."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.pretrained import inception
from instgan_jax.weights import matching

# The classifier, which neither FID nor KID uses.
UNUSED = ('fc.weight', 'fc.bias')


def inception_variables(state_dict: Mapping[str, np.ndarray]) -> dict:
  """Converts `pt_inception-2015-12-05-6726825d.pth`.

  The modules have the same names in both.

  Args:
    state_dict: arrays by their public names.

  Returns:
    {'params', 'batch_stats'} for `Inception`.

  Raises:
    InputError: listing every missing, extra or misshapen name.
  """
  variables = jax.eval_shape(
    inception.Inception().init,
    jax.random.key(0),
    jnp.zeros((1, *inception.IMAGE_SIZE, 3)),
  )
  return matching.convert(
    state_dict,
    matching.entries_of(variables),
    network='Inception of FID (2015-12-05)',
    unused=lambda key: key in UNUSED or key.endswith('.num_batches_tracked'),
  )
