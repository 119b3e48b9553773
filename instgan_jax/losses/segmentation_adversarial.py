"""The losses of OASIS (arXiv:2012.04781): a discriminator that segments.

Logits are those of `models.segmentation_discriminator`: class 0 is 'generated',
class l + 1 the label l. `pixel_weights` come from `class_weights`; pixels that
do not count have 0.
"""

import jax
import jax.numpy as jnp


def class_weights(
  label_map: jax.Array,
  is_valid: jax.Array,
  *,
  num_labels: int,
  axis_name: str | None = None,
) -> jax.Array:
  """Weights that give every class of a batch the same share, however small.

  A class of n pixels has the weight (pixels / n) / classes, where only present
  classes count, so that a mean with these weights over the batch is the mean
  over classes of their means.

  Args:
    label_map: [B, H, W] below `num_labels`.
    is_valid: bool [B, H, W], the pixels that count.
    num_labels: number of classes.
    axis_name: of the devices that share the batch; None for one.

  Returns:
    float32 [B, H, W], 0 where `is_valid` is not.
  """
  is_label = label_map[..., None] == jnp.arange(num_labels)[None, None, None]
  is_label = (is_label & is_valid[..., None]).astype(jnp.float32)
  counts = jnp.sum(is_label, axis=(0, 1, 2))
  num_pixels = jnp.float32(label_map.size)
  if axis_name is not None:
    counts, num_pixels = jax.lax.psum((counts, num_pixels), axis_name)
  num_classes = jnp.maximum(jnp.sum(counts > 0), 1)
  weights = num_pixels / jnp.maximum(counts, 1.0) / num_classes
  return jnp.sum(is_label * weights[None, None, None], axis=-1)


def labels_loss(
  *, logits: jax.Array, label_map: jax.Array, pixel_weights: jax.Array
) -> jax.Array:
  """The weighted cross entropy with the labels.

  Of real images it is the discriminator's loss, of generated ones the
  generator's.

  Args:
    logits: [B, H, W, N + 1].
    label_map: [B, H, W] below N.
    pixel_weights: [B, H, W].

  Returns:
    float32 scalar, a mean over all pixels.
  """
  chosen = jax.nn.one_hot(label_map + 1, logits.shape[-1])
  return -jnp.mean(
    pixel_weights * jnp.sum(chosen * jax.nn.log_softmax(logits), axis=-1)
  )


def generated_loss(*, logits: jax.Array, is_valid: jax.Array) -> jax.Array:
  """The cross entropy of generated images with 'generated'."""
  return -jnp.mean(jnp.where(is_valid, jax.nn.log_softmax(logits)[..., 0], 0.0))


def mix(is_real: jax.Array, real: jax.Array, generated: jax.Array) -> jax.Array:
  """LabelMix: the pixels of one where `is_real` [B, H, W], else of the other.

  Args:
    is_real: bool [B, H, W], the same for all pixels of a label.
    real: [B, H, W, C], images or logits.
    generated: likewise.
  """
  return jnp.where(is_real[..., None], real, generated)


def label_mix_loss(
  *,
  mixed_logits: jax.Array,
  real_logits: jax.Array,
  generated_logits: jax.Array,
  is_real: jax.Array,
) -> jax.Array:
  """How far logits of a mixed image are from the mixed logits, squared."""
  expected = mix(is_real, real_logits, generated_logits)
  return jnp.mean(jnp.square(mixed_logits - expected))
