import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.losses import feature_matching


def test_by_hand():
  # Scale 0: |3 - 1| = 2 and mean(|0 - 1|, |0 - 2|) = 1.5; scale 1: 4 and 0.
  # The last entries are logits. (2 + 1.5 + 4 + 0) / 2 scales = 3.75.
  real = (
    (jnp.array([1.0]), jnp.array([1.0, 2.0]), jnp.array([50.0])),
    (jnp.array([0.0]), jnp.array([7.0]), jnp.array([50.0])),
  )
  fake = (
    (jnp.array([3.0]), jnp.array([0.0, 0.0]), jnp.array([0.0])),
    (jnp.array([4.0]), jnp.array([7.0]), jnp.array([0.0])),
  )
  loss = feature_matching.feature_matching_loss(
    real_features=real, fake_features=fake
  )
  assert loss == 3.75


def test_no_gradient_into_the_real_features():
  def loss(real, fake):
    return feature_matching.feature_matching_loss(
      real_features=((real, real),), fake_features=((fake, fake),)
    )

  real, fake = jnp.array([1.0, 2.0]), jnp.array([3.0, 1.0])
  to_real, to_fake = jax.grad(loss, argnums=(0, 1))(real, fake)
  np.testing.assert_array_equal(to_real, [0.0, 0.0])
  np.testing.assert_array_equal(to_fake, [0.5, -0.5])
