"""The position map, equation (2) of the paper (see README).

A positional encoding of where in the bounding box of its instance a pixel lies.
For an instance with the box (x1, y1, x1 + W, y1 + H) and C channels, with
i = 0..C/4-1 and k = 0..3:

  PE(4 i + k, x, y) = d(k)_x * p(i, x) + d(k)_y * p(i, y)
  p(i, x) = sin((2 (x - x1) / W - 1) * 4 i / C),  p(i, y) likewise by y1 and H
  d(k) = (1, 1), (-1, 1), (1, -1), (-1, -1)

Below, (u, v) are the relative positions 2 (x - x1) / W - 1 and
2 (y - y1) / H - 1, from -1 at the left and top to 1 at the right and bottom.
All channels are sums and differences of the C/2 sines p(i, x) and p(i, y). From
the center of a box to its side these turn by less than one radian. So they are
sums of four odd Chebyshev polynomials of u or v, with an error of less than
1e-8, below the rounding of float32. A linear layer on the map is therefore one
on these eight polynomials with a folded kernel.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.polynomial import chebyshev

from instgan_jax.models import instance_lookup, platforms

# d(k) of equation (2): the signs of the x and the y part, k = 0..3.
X_SIGNS = np.array([1.0, -1.0, 1.0, -1.0], np.float32)
Y_SIGNS = np.array([1.0, 1.0, -1.0, -1.0], np.float32)
# Of u, and of v. The coefficient of the fifth in sin(f u) is 2 J_9(f), at most
# 1.1e-8 for f <= 1.
_NUM_POLYNOMIALS = 4


def relative_position(
  instance_map: jax.Array, *, num_instances: int = 256
) -> jax.Array:
  """The position (u, v) of each pixel in the bounding box of its instance.

  The first column of the box is at -1 and the last one at 1, rows likewise; the
  column of a box with one column is at 0, its center. Mirroring the instance
  map therefore negates the positions exactly.

  Args:
    instance_map: [B, H, W] dense instance ids, 0 for no instance.
    num_instances: the largest id; pixels of a larger one get 0.

  Returns:
    float32 [B, H, W, 2]: horizontal and vertical position in [-1, 1], 0
    outside every instance.
  """
  height, width = instance_map.shape[1:]
  y, x = jnp.mgrid[:height, :width]
  pixels = jnp.stack([x, y], axis=-1).astype(jnp.int32)
  ids = instance_map.astype(jnp.int32)

  # The largest of (x, y, -x, -y): all four sides in one pass.
  corners = jnp.concatenate([pixels, -pixels], axis=-1)
  boxes = platforms.choose(
    ids,
    tpu=lambda ids: largest_by_comparison(corners, ids, num_instances + 1),
    default=lambda ids: largest_by_scatter(corners, ids, num_instances + 1),
  )
  last_and_first = instance_lookup.take_rows(boxes, ids)
  last, first = last_and_first[..., :2], -last_and_first[..., 2:]
  # In integers up to the division, so that mirroring changes the sign only.
  numerator = 2 * pixels[None] - first - last
  extent = jnp.maximum(last - first, 1)
  position = numerator.astype(jnp.float32) / extent.astype(jnp.float32)
  is_inside = (ids > 0) & (ids <= num_instances)
  return jnp.where(is_inside[..., None], position, 0.0)


def largest_by_scatter(
  values: jax.Array, ids: jax.Array, num_ids: int
) -> jax.Array:
  """The largest values among the pixels of each id.

  Args:
    values: int32 [H, W, K].
    ids: int32 [B, H, W]; those from `num_ids` on are left out.
    num_ids: N.

  Returns:
    int32 [B, N, K]; the least int32 for an id without pixels.
  """
  values = values.reshape(-1, values.shape[-1])
  return jax.vmap(
    lambda ids: jax.ops.segment_max(values, ids.reshape(-1), num_ids)
  )(ids)


def largest_by_comparison(
  values: jax.Array, ids: jax.Array, num_ids: int
) -> jax.Array:
  """`largest_by_scatter` where scatters are slow: every pixel with every id."""
  least = jnp.iinfo(jnp.int32).min
  is_member = ids[:, None] == jnp.arange(num_ids)[None, :, None, None]
  return jnp.stack(
    [
      jnp.max(jnp.where(is_member, plane[None, None], least), axis=(2, 3))
      for plane in jnp.moveaxis(values, -1, 0)
    ],
    axis=-1,
  )


def _paper_frequencies(num_channels: int) -> np.ndarray:
  """4 i / C of equation (2), in radians per unit of u: 0 to less than 1."""
  return 4.0 * np.arange(num_channels // 4) / num_channels


def _octave_frequencies(num_channels: int) -> np.ndarray:
  """From pi / 2 (half a wave over the box) up over four octaves."""
  octave = 4.0 * (4.0 * np.arange(num_channels // 4) / num_channels)
  return np.pi * 2.0 ** (octave - 1.0)


FREQUENCIES = {'paper': _paper_frequencies, 'octaves': _octave_frequencies}


class Basis(NamedTuple):
  """Functions of the position, of which the position map consists.

  All are zeros where the position is 0, as outside every instance. What a
  program does not use of them is not computed.

  Attributes:
    sines: float32 [..., C / 2], p(i, x) for all i, then p(i, y).
    polynomials: float32 [..., 8], of which the sines are sums; None if the
      sines are as few or turn further than one radian.
  """

  sines: jax.Array
  polynomials: jax.Array | None


def position_basis(
  position: jax.Array,
  *,
  num_channels: int = 128,
  frequencies: str = 'paper',
) -> Basis:
  """The functions of the position of which the position map consists.

  Args:
    position: [..., 2], see `relative_position`.
    num_channels: C, of the map; a multiple of 4.
    frequencies: 'paper' for those of equation (2), or 'octaves' for half a wave
      to seven over a box.

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
  rates = FREQUENCIES[frequencies](num_channels)
  u, v = position[..., :1], position[..., 1:]
  factors = rates.astype(np.float32).reshape((1,) * (position.ndim - 1) + (-1,))
  sines = jnp.concatenate([jnp.sin(u * factors), jnp.sin(v * factors)], axis=-1)
  if rates.max() > 1 or len(rates) <= _NUM_POLYNOMIALS:
    return Basis(sines, None)
  polynomials = jnp.concatenate([*_polynomials(u), *_polynomials(v)], axis=-1)
  return Basis(sines, polynomials)


def _polynomials(u: jax.Array) -> list[jax.Array]:
  """The odd Chebyshev polynomials of u: T_1, T_3, T_5, T_7."""
  twice_second = 4.0 * u * u - 2.0
  terms = [u, (twice_second - 1.0) * u]
  while len(terms) < _NUM_POLYNOMIALS:
    terms.append(twice_second * terms[-1] - terms[-2])
  return terms


def position_map(basis: Basis, dtype: jnp.dtype = jnp.float32) -> jax.Array:
  """The position map PE of equation (2).

  Args:
    basis: of C channels, see `position_basis`.
    dtype: of the result.

  Returns:
    [..., C]; channel 4 i + k is PE(4 i + k).
  """
  sines = basis.sines.astype(dtype)
  x_part, y_part = jnp.split(sines[..., None], 2, axis=-2)
  sign_shape = (1,) * sines.ndim + (4,)
  x_signs = X_SIGNS.reshape(sign_shape).astype(dtype)
  y_signs = Y_SIGNS.reshape(sign_shape).astype(dtype)
  channels = x_signs * x_part + y_signs * y_part
  return channels.reshape(*sines.shape[:-1], 2 * sines.shape[-1])


def fold_kernel(kernel: jax.Array) -> jax.Array:
  """Turns a kernel on the position map into one on its sines.

  `position_map(basis) @ kernel` equals `basis.sines @ fold_kernel(kernel)`.

  Args:
    kernel: [C, out], C a multiple of 4.

  Returns:
    [C / 2, out].
  """
  channels, features = kernel.shape
  kernel = kernel.reshape(channels // 4, 4, features)
  x_part = (kernel * X_SIGNS.reshape(1, 4, 1)).sum(axis=-2)
  y_part = (kernel * Y_SIGNS.reshape(1, 4, 1)).sum(axis=-2)
  return jnp.concatenate([x_part, y_part], axis=-2)


def kernel_on_polynomials(kernel: jax.Array) -> jax.Array:
  """Turns a kernel on the sines of equation (2) into one on the polynomials.

  `basis.sines @ kernel` equals `basis.polynomials @
  kernel_on_polynomials(kernel)`.

  Args:
    kernel: [C / 2, out].

  Returns:
    [8, out].
  """
  rates = _paper_frequencies(2 * len(kernel))
  u = chebyshev.chebpts1(64)
  coefficients = chebyshev.chebfit(u, np.sin(np.outer(u, rates)), deg=16)
  expansion = coefficients[1 : 2 * _NUM_POLYNOMIALS : 2]
  of_both = np.kron(np.eye(2), expansion).astype(np.float32)
  return jnp.matmul(of_both, kernel, precision=jax.lax.Precision.HIGHEST)
