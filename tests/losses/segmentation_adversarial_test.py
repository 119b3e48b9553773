"""OASIS's losses on maps of a few pixels, by hand."""

import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.losses import segmentation_adversarial as losses

LABELS = jnp.array([[[0, 0, 0, 2]]])
ALL = jnp.ones((1, 1, 4), bool)


def test_every_present_class_weighs_the_same():
  weights = losses.class_weights(LABELS, ALL, num_labels=3)
  # (4 / 3) / 2 and (4 / 1) / 2: each class has 2 of 4.
  np.testing.assert_allclose(weights, [[[2 / 3, 2 / 3, 2 / 3, 2.0]]])
  assert abs(weights.mean() - 1.0) < 1e-6


def test_pixels_that_do_not_count_have_no_weight_and_no_class():
  is_valid = jnp.array([[[True, True, False, False]]])
  weights = losses.class_weights(LABELS, is_valid, num_labels=3)
  np.testing.assert_allclose(weights, [[[2.0, 2.0, 0.0, 0.0]]])
  nothing = losses.class_weights(LABELS, ~ALL, num_labels=3)
  assert not nothing.any()


def test_several_devices_count_together():
  labels = jnp.array([[[[0, 1]]], [[[1, 1]]]])
  expected = losses.class_weights(labels[:, 0], ALL[:, :, :2], num_labels=3)
  actual = jax.vmap(
    lambda labels: losses.class_weights(
      labels, ALL[:, :, :2], num_labels=3, axis_name='devices'
    ),
    axis_name='devices',
  )(labels)
  np.testing.assert_allclose(actual[:, 0], expected)


def test_cross_entropies_by_hand():
  # Softmax of (log 2, 0, 0, 0): 2/5 for 'generated', 1/5 for each label.
  logits = jnp.zeros((1, 1, 4, 4)).at[..., 0].set(jnp.log(2.0))
  pixel_weights = jnp.array([[[1.0, 1.0, 0.0, 2.0]]])
  loss = losses.labels_loss(
    logits=logits, label_map=LABELS, pixel_weights=pixel_weights
  )
  np.testing.assert_allclose(loss, jnp.log(5.0), rtol=1e-6)
  loss = losses.generated_loss(logits=logits, is_valid=pixel_weights > 0)
  np.testing.assert_allclose(loss, 3 / 4 * jnp.log(5 / 2), rtol=1e-6)


def test_the_label_of_a_pixel_is_the_class_after_it():
  logits = 50.0 * jax.nn.one_hot(LABELS + 1, 4)
  assert (
    losses.labels_loss(logits=logits, label_map=LABELS, pixel_weights=ALL)
    < 1e-6
  )
  logits = 50.0 * jax.nn.one_hot(jnp.zeros_like(LABELS), 4)
  assert losses.generated_loss(logits=logits, is_valid=ALL) < 1e-6


def test_a_mix_of_everything_is_the_image_and_costs_nothing():
  real, generated = jnp.full((1, 1, 4, 3), 2.0), jnp.full((1, 1, 4, 3), 5.0)
  for is_real, expected in ((ALL, real), (~ALL, generated)):
    mixed = losses.mix(is_real, real, generated)
    np.testing.assert_array_equal(mixed, expected)
    loss = losses.label_mix_loss(
      mixed_logits=mixed,
      real_logits=real,
      generated_logits=generated,
      is_real=is_real,
    )
    assert loss == 0.0
  # One pixel of four is 3 away.
  loss = losses.label_mix_loss(
    mixed_logits=real,
    real_logits=real,
    generated_logits=generated,
    is_real=LABELS == 0,
  )
  assert loss == 9.0 / 4
