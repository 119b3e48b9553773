import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.models import instance_mean
from tests.models import random_arrays
from tests.models.instance_lookup_test import fragmented_map


def mean_of_masks(values, instance_map, num_instances):
  rows = []
  for i in range(1, num_instances + 1):
    mask = (instance_map == i).astype(np.float32)[..., None]
    count = jnp.maximum(mask.sum((1, 2)), 1.0)
    rows.append((values * mask).sum((1, 2)) / count)
  return jnp.stack(rows, axis=1)


def test_the_mean_is_that_of_masks_and_so_is_its_gradient():
  ids = fragmented_map(7)
  ids[0, 0, :3] = 200  # Out of range.
  values = random_arrays.normal((*ids.shape, 5))
  weights = random_arrays.normal((2, 9, 5), seed=1)

  def loss(function):
    def apply(values):
      means = function(values, ids, 9)  # 8 and 9 have no pixel.
      return jnp.sum(weights * means**2), means

    return jax.jit(jax.grad(apply, has_aux=True))(values)

  gradient, means = loss(instance_mean.instance_mean)
  expected_gradient, expected = loss(mean_of_masks)
  np.testing.assert_allclose(means, expected, atol=1e-5)
  np.testing.assert_allclose(gradient, expected_gradient, atol=1e-6)
  assert not means[:, 7:].any()
