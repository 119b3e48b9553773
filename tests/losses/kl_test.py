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


def test_the_mean_of_instances_depends_on_no_number_of_them():
  # An instance of two dimensions with the mean 1 has 2 * 0.5 nats, one with
  # the mean 2 has 2 * 2. Rows of no instance do not count.
  rows = jnp.array([1.0, 1.0, 1.0, 9.0]), jnp.array([2.0, 9.0, 9.0, 9.0])
  mean = jnp.stack([jnp.stack([row, row], axis=-1) for row in rows])

  def loss(*images, num_instances):
    chosen = mean[jnp.array(images)]
    return kl.instance_kl_loss(
      mean=chosen,
      log_variance=jnp.zeros_like(chosen),
      num_instances=jnp.array(num_instances),
    )

  assert loss(0, num_instances=[3]) == loss(0, num_instances=[1]) == 1.0
  assert loss(0, 1, num_instances=[3, 1]) == (1.0 + 4.0) / 2
  assert loss(0, 1, 0, 1, num_instances=[3, 1, 2, 1]) == (1.0 + 4.0) / 2
  assert loss(0, 1, num_instances=[3, 0]) == (1.0 + 0.0) / 2
