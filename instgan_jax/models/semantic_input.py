"""The networks' semantic input: one-hot labels and instance edges.

As in GauGAN (arXiv:1903.07291); the edge channel is that of pix2pixHD
(arXiv:1711.11585, section 3.3).
"""

import jax
import jax.numpy as jnp


def semantic_input(
  label_map: jax.Array,
  instance_map: jax.Array,
  *,
  num_labels: int,
  use_edges: bool,
  dtype: jnp.dtype | None = None,
) -> jax.Array:
  """The one-hot labels, followed by the edges if `use_edges`.

  Args:
    label_map: [B, H, W] integer label ids. An id outside 0..num_labels-1 gives
      zeros in every channel. (GauGAN fails on it, except for data sets whose
      unknown pixels have a channel of their own.)
    instance_map: [B, H, W] integer instance ids, dense or raw; used for the
      edges only.
    num_labels: channels of the one-hot encoding.
    use_edges: adds GauGAN's last channel, see `instance_edges`.
    dtype: of the result; float32 if None.

  Returns:
    [B, H, W, num_labels] or [B, H, W, num_labels + 1], of zeros and ones.
  """
  dtype = dtype or jnp.float32
  one_hot = jax.nn.one_hot(label_map.astype(jnp.int32), num_labels, dtype=dtype)
  if not use_edges:
    return one_hot
  edges = instance_edges(label_map, instance_map)[..., None].astype(dtype)
  return jnp.concatenate([one_hot, edges], axis=-1)


def semantic_ids(
  label_map: jax.Array,
  instance_map: jax.Array,
  *,
  num_labels: int,
  use_edges: bool,
) -> jax.Array:
  """The rows of `semantic_table` that make up `semantic_input`.

  Returns:
    int32 [B, H, W]. All label ids out of range have the same one.
  """
  ids = label_map.astype(jnp.int32)
  ids = jnp.where((ids >= 0) & (ids < num_labels), ids, num_labels)
  if use_edges:
    edges = instance_edges(label_map, instance_map)
    ids = ids + edges.astype(jnp.int32) * (num_labels + 1)
  return ids


def semantic_table(*, num_labels: int, use_edges: bool) -> jax.Array:
  """The distinct vectors of `semantic_input`, float32 [M, K]."""
  labels = jnp.eye(num_labels + 1, num_labels)
  if not use_edges:
    return labels
  edges = jnp.repeat(jnp.arange(2.0), num_labels + 1)
  return jnp.concatenate([jnp.tile(labels, (2, 1)), edges[:, None]], axis=-1)


def instance_edges(label_map: jax.Array, instance_map: jax.Array) -> jax.Array:
  """The borders of instances and of regions of one class.

  True where the label or the instance differs from that of any 4-neighbor, on
  both sides of the border. GauGAN compares raw Cityscapes ids; two raw ids
  differ exactly when (label, dense instance id) differ, so both rules agree.

  Args:
    label_map: [B, H, W] integer label ids.
    instance_map: [B, H, W] integer instance ids, dense or raw.

  Returns:
    bool [B, H, W].
  """
  vertical = _differs(label_map, 1) | _differs(instance_map, 1)
  horizontal = _differs(label_map, 2) | _differs(instance_map, 2)
  above_or_below = _pad(vertical, 1, before=True) | _pad(
    vertical, 1, before=False
  )
  left_or_right = _pad(horizontal, 2, before=True) | _pad(
    horizontal, 2, before=False
  )
  return above_or_below | left_or_right


def _differs(ids: jax.Array, axis: int) -> jax.Array:
  """True where an id differs from the next along `axis`, which is 1 shorter."""
  size = ids.shape[axis]
  first = jax.lax.slice_in_dim(ids, 0, size - 1, axis=axis)
  second = jax.lax.slice_in_dim(ids, 1, size, axis=axis)
  return first != second


def _pad(edges: jax.Array, axis: int, *, before: bool) -> jax.Array:
  """Adds one False at the start or the end of `axis`."""
  widths = [(0, 0)] * edges.ndim
  widths[axis] = (1, 0) if before else (0, 1)
  return jnp.pad(edges, widths)
