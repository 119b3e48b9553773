import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.losses.absolute_difference import mean_absolute_difference

REAL = jnp.zeros((2, 1, 2))
FAKE = jnp.array([[[1.0, -3.0]], [[5.0, 7.0]]])


def test_by_hand():
  # The means of the images are 2 and 6.
  assert mean_absolute_difference(real=REAL, fake=FAKE) == 4.0
  weights = jnp.array([2.0, 0.0])
  assert (
    mean_absolute_difference(real=REAL, fake=FAKE, image_weights=weights) == 2.0
  )


def test_an_image_of_weight_0_has_no_gradient():
  def loss(real, fake):
    return mean_absolute_difference(
      real=real, fake=fake, image_weights=jnp.array([2.0, 0.0])
    )

  to_real, to_fake = jax.grad(loss, argnums=(0, 1))(REAL, FAKE)
  assert not to_real.any()
  # Half of the batch, half of the image, twice the weight.
  np.testing.assert_array_equal(to_fake, [[[0.5, -0.5]], [[0.0, 0.0]]])
