import jax.numpy as jnp
import numpy as np

from instgan_jax.losses import kl


def test_by_hand():
  # -0.5 (1 + 0 - 4 - 1) = 2 and -0.5 (1 + log 2 - 0 - 2) = 0.1534.
  mean = jnp.array([[2.0, 0.0]])
  log_variance = jnp.log(jnp.array([[1.0, 2.0]]))
  loss = kl.kl_loss(mean=mean, log_variance=log_variance)
  np.testing.assert_allclose(loss, 2.0 + 0.5 * (1 - np.log(2)), rtol=1e-6)


def test_it_is_the_sum_over_the_batch():
  mean, log_variance = jnp.ones((4, 3)), jnp.zeros((4, 3))
  loss = kl.kl_loss(mean=mean, log_variance=log_variance)
  np.testing.assert_allclose(loss, 4 * 3 * 0.5)


def test_a_normal_latent_costs_nothing():
  zeros = jnp.zeros((2, 3))
  assert kl.kl_loss(mean=zeros, log_variance=zeros) == 0
