import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.losses import adversarial


def test_discriminator_loss_by_hand():
  # real: relu(1 - 2) = 0, relu(1 - 0) = 1, mean 0.5.
  # fake: relu(1 - 3) = 0, relu(1 + 1) = 2, mean 1.0.
  loss = adversarial.hinge_discriminator_loss(
    real_logits=jnp.array([2.0, 0.0]), fake_logits=jnp.array([-3.0, 1.0])
  )
  assert loss == 1.5


def test_generator_loss_by_hand():
  loss = adversarial.hinge_generator_loss(fake_logits=jnp.array([-3.0, 1.0]))
  assert loss == 1.0


def test_scales_weigh_the_same_whatever_their_size():
  # The means are 1 and 4: 2.5, while the mean of all elements is 1.6.
  unused = jnp.full((1, 9, 9, 2), 100.0)
  features = (
    (unused, jnp.full((1, 2, 2, 1), 1.0)),
    (unused, jnp.full((1, 1, 1, 1), 4.0)),
  )
  loss = adversarial.multiscale_hinge_generator_loss(fake_features=features)
  assert loss == -2.5
  # real: relu(1 - 1) = 0 and relu(1 - 4) = 0; fake: 2 and 5.
  loss = adversarial.multiscale_hinge_discriminator_loss(
    real_features=features, fake_features=features
  )
  assert loss == 3.5


def test_gradient_stops_beyond_the_margin():
  def loss(logits):
    return adversarial.hinge_discriminator_loss(
      real_logits=logits, fake_logits=-logits
    )

  gradient = jax.grad(loss)(jnp.array([0.5, 1.5]))
  np.testing.assert_array_equal(gradient, [-1.0, 0.0])


def test_loss_of_bfloat16_logits_is_float32():
  logits = jnp.ones((1, 4, 4, 1), jnp.bfloat16)
  loss = adversarial.hinge_generator_loss(fake_logits=logits)
  assert loss.dtype == jnp.float32
