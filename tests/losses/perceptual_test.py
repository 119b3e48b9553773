import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.losses import perceptual


def test_by_hand():
  # Differences 32, 16, 8, 4, 1, each at its weight 1/32 .. 1/4, 1: 5.
  fake = [jnp.full((1, 2, 2, 3), d) for d in (32.0, -16.0, 8.0, 4.0, 1.0)]
  real = [jnp.zeros((1, 2, 2, 3)) for _ in fake]
  loss = perceptual.perceptual_loss(real_features=real, fake_features=fake)
  assert loss == 5.0


def test_no_gradient_into_the_real_features():
  def loss(real, fake):
    return perceptual.perceptual_loss(
      real_features=5 * [real], fake_features=5 * [fake]
    )

  to_real, to_fake = jax.grad(loss, argnums=(0, 1))(
    jnp.array([1.0, 2.0]), jnp.array([3.0, 1.0])
  )
  np.testing.assert_array_equal(to_real, [0.0, 0.0])
  # The weights 1/32 .. 1/4, 1 sum up to 1.46875; the mean is over two elements.
  np.testing.assert_array_equal(to_fake, [0.734375, -0.734375])
