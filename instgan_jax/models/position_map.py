"""The position map: where in its instance's box a pixel lies.

Equation (2) of the paper. With (u, v) the position in the bounding box of a
pixel's instance, from -1 at the left and top to 1 at the right and bottom:

  p(i, u) = sin(u * 4 i / C),  i = 0..C/4-1
  PE(4 i + k) = d(k)_x * p(i, u) + d(k)_y * p(i, v)
  d = (1, 1), (-1, 1), (1, -1), (-1, -1)

for C channels. All of them are sums and differences of the C/2 values p(i, u)
and p(i, v), the basis. A linear layer on the map is therefore one on the basis
with a folded kernel, and neither needs more than (u, v) to be kept.
"""

import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.models import instance_lookup

# d(k) of equation (2): the signs of the x and the y part, k = 0..3.
X_SIGNS = np.array([1.0, -1.0, 1.0, -1.0], np.float32)
Y_SIGNS = np.array([1.0, 1.0, -1.0, -1.0], np.float32)


def relative_position(
  instance_map: jax.Array, *, num_instances: int = 256
) -> jax.Array:
  """The position of each pixel in the bounding box of its instance.

  The first column of the box is at -1 and its last one at 1, rows likewise;
  a box of one column has it at 0, its centre. Mirroring the instance map hence
  negates the positions exactly.

  Args:
    instance_map: [B, H, W] dense instance ids, 0 for no instance.
    num_instances: no id is larger. (Pixels of one that is get 0.)

  Returns:
    float32 [B, H, W, 2]: horizontal and vertical position in [-1, 1], 0
    outside every instance.
  """
  height, width = instance_map.shape[1:]
  y, x = jnp.mgrid[:height, :width]
  pixels = jnp.stack([x, y], axis=-1).astype(jnp.int32)
  ids = instance_map.astype(jnp.int32)

  def boxes(ids):
    # The largest of (x, y, -x, -y): all four sides by one pass.
    corners = jnp.concatenate([pixels, -pixels], axis=-1).reshape(-1, 4)
    return jax.ops.segment_max(corners, ids.reshape(-1), num_instances + 1)

  last_and_first = jax.vmap(boxes)(ids)
  last_and_first = instance_lookup.take_rows(last_and_first, ids)
  last, first = last_and_first[..., :2], -last_and_first[..., 2:]
  # In integers up to the division, so that mirroring changes the sign only.
  numerator = 2 * pixels[None] - first - last
  extent = jnp.maximum(last - first, 1)
  position = numerator.astype(jnp.float32) / extent.astype(jnp.float32)
  is_inside = (ids > 0) & (ids <= num_instances)
  return jnp.where(is_inside[..., None], position, 0.0)


def _paper_frequencies(num_channels: int) -> np.ndarray:
  """4 i / C: less than half a radian per unit, 0 for i = 0."""
  return 4.0 * np.arange(num_channels // 4) / num_channels


def _octave_frequencies(num_channels: int) -> np.ndarray:
  """pi / 2 (half a wave over the box) and up over four octaves."""
  octave = 4.0 * (4.0 * np.arange(num_channels // 4) / num_channels)
  return np.pi * 2.0 ** (octave - 1.0)


FREQUENCIES = {'paper': _paper_frequencies, 'octaves': _octave_frequencies}


def position_basis(
  position: jax.Array,
  *,
  num_channels: int = 128,
  frequencies: str = 'paper',
) -> jax.Array:
  """The sines that every channel of the position map is made of.

  Args:
    position: [..., 2], see `relative_position`.
    num_channels: C, of the map; a multiple of 4.
    frequencies: 'paper', as equation (2), or 'octaves', from half a wave to
      seven over a box.

  Returns:
    float32 [..., C / 2]: p(i, u) for all i, then p(i, v). Zeros where the
    position is 0, as outside every instance.

  Raises:
    ValueError: if C is no multiple of 4, or the frequencies are unknown.
  """
  if num_channels % 4:
    raise ValueError(
      f'a position map has a multiple of 4 channels, but num_channels is '
      f'{num_channels}.'
    )
  if frequencies not in FREQUENCIES:
    raise ValueError(
      f'position frequencies {frequencies!r} are unknown: choose one of '
      f'{sorted(FREQUENCIES)}.'
    )
  values = FREQUENCIES[frequencies](num_channels).astype(np.float32)
  values = values.reshape((1,) * (position.ndim - 1) + (-1,))
  return jnp.concatenate(
    [jnp.sin(position[..., :1] * values), jnp.sin(position[..., 1:] * values)],
    axis=-1,
  )


def position_map(
  position: jax.Array,
  *,
  num_channels: int = 128,
  frequencies: str = 'paper',
) -> jax.Array:
  """The position map PE of equation (2), channel 4 i + k.

  Takes and raises what `position_basis` does; returns float32 [..., C].
  """
  return map_from_basis(
    position_basis(position, num_channels=num_channels, frequencies=frequencies)
  )


def map_from_basis(basis: jax.Array) -> jax.Array:
  """The position map [..., C] from its basis [..., C / 2]."""
  x_part, y_part = jnp.split(basis[..., None], 2, axis=-2)
  sign_shape = (1,) * (basis.ndim) + (4,)
  x_signs = X_SIGNS.reshape(sign_shape).astype(basis.dtype)
  y_signs = Y_SIGNS.reshape(sign_shape).astype(basis.dtype)
  channels = x_signs * x_part + y_signs * y_part
  return channels.reshape(*basis.shape[:-1], 2 * basis.shape[-1])


def fold_kernel(kernel: jax.Array) -> jax.Array:
  """Turns a kernel on the position map into one on its basis.

  `position_map @ kernel` equals `position_basis @ fold_kernel(kernel)`.

  Args:
    kernel: [..., C, out], C a multiple of 4.

  Returns:
    [..., C / 2, out].
  """
  *leading, channels, features = kernel.shape
  kernel = kernel.reshape(*leading, channels // 4, 4, features)
  sign_shape = (1,) * (len(leading) + 1) + (4, 1)
  x_part = (kernel * X_SIGNS.reshape(sign_shape)).sum(axis=-2)
  y_part = (kernel * Y_SIGNS.reshape(sign_shape)).sum(axis=-2)
  return jnp.concatenate([x_part, y_part], axis=-2)
