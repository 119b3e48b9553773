"""The gradient of a convolution with respect to its kernel, in two forms.

It is itself a convolution, whose channels are the images of the batch and whose
window is a whole feature map. Few compilers compute that well:

- With few images on a chip it leaves most lanes of a TPU's matrix unit empty,
  and the compiler (libtpu 0.0.42 and 0.0.52) aborts while it tries to spread
  the images over them ("space_to_batch_converter.cc: Check failed"). `by_rows`
  is one 1-D convolution for each row of the kernel, whose channels are the rows
  of all images.
- On two CPU cores XLA reaches 50 to 220 GFLOP/s. `by_products`, the product of
  all pixels and their neighborhoods, reaches 190 to 340: 102 instead of 382 ms
  for 256x512 pixels and 128 to 64 channels, 57 instead of 87 ms for 64x128 and
  512 to 256. Nine products of shifted maps are slower.
"""

import jax
import jax.numpy as jnp

Padding = tuple[tuple[int, int], tuple[int, int]]
# Values of the neighborhoods that are copied at a time, for a CPU's caches.
BLOCK_VALUES = 2**21


def by_rows(
  x: jax.Array,
  gradient: jax.Array,
  kernel_size: tuple[int, int],
  *,
  stride: int,
  padding: Padding,
  dilation: int,
) -> jax.Array:
  """One row of the kernel after the other.

  Args:
    x: [B, H, W, in].
    gradient: [B, h, w, out], with respect to the result.
    kernel_size: (kh, kw).
    stride: as of `convolution.convolve`.
    padding: as of `convolution.convolve`.
    dilation: as of `convolution.convolve`.

  Returns:
    [kh, kw, in, out], float32 at least.
  """
  num_rows, num_columns = kernel_size
  height, width, out = gradient.shape[1:]
  x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
  last_row = stride * (height - 1) + 1
  last_column = stride * (width - 1) + dilation * (num_columns - 1) + 1
  rows = []
  for first in range(0, num_rows * dilation, dilation):
    lines = x[:, first : first + last_row : stride, :last_column]
    row = jax.lax.conv_general_dilated(
      lines.reshape(-1, *lines.shape[2:]),
      gradient.reshape(-1, width, out),
      window_strides=(dilation,),
      padding=((0, 0),),
      rhs_dilation=(stride,),
      # Lines are channels, channels are images: [line, column, channel].
      dimension_numbers=jax.lax.ConvDimensionNumbers(
        lhs_spec=(2, 0, 1), rhs_spec=(2, 0, 1), out_spec=(1, 2, 0)
      ),
      preferred_element_type=_wide(x.dtype),
    )
    rows.append(row)
  return jnp.stack(rows)


def by_products(
  x: jax.Array,
  gradient: jax.Array,
  kernel_size: tuple[int, int],
  *,
  padding: Padding,
) -> jax.Array:
  """The product of pixels and neighborhoods, for a stride and dilation of 1.

  The neighborhoods are those of `x` or, turned around, those of the gradient,
  whichever has fewer channels.

  Args:
    x: [B, H, W, in].
    gradient: [B, h, w, out], with respect to the result.
    kernel_size: (kh, kw).
    padding: as of `convolution.convolve`; less than the kernel's size.

  Returns:
    [kh, kw, in, out], float32 at least.
  """
  if x.shape[-1] < gradient.shape[-1]:
    around = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    return _correlation(around, gradient, kernel_size).transpose(1, 2, 3, 0)
  margins = [
    (size - 1 - before, size - 1 - after)
    for size, (before, after) in zip(kernel_size, padding, strict=True)
  ]
  around = jnp.pad(gradient, ((0, 0), *margins, (0, 0)))
  turned = _correlation(around, x, kernel_size)
  return turned[:, ::-1, ::-1].transpose(1, 2, 0, 3)


def _correlation(
  around: jax.Array, pixels: jax.Array, size: tuple[int, int]
) -> jax.Array:
  """Sums pixels[y, x, d] around[y + i, x + j, c], a block of rows at a time.

  Args:
    around: [B, h + size[0] - 1, w + size[1] - 1, C].
    pixels: [B, h, w, D].
    size: of the neighborhoods.

  Returns:
    [D, *size, C], float32 at least.
  """
  batch, height, width = pixels.shape[:3]
  channels = size[0] * size[1] * around.shape[-1]
  num_rows = _block_rows(height, width * channels)
  num_blocks = -(-height // num_rows)
  free = ((0, 0), (0, num_rows * num_blocks - height), (0, 0), (0, 0))
  around, pixels = jnp.pad(around, free), jnp.pad(pixels, free)

  def product(image, first_row):
    """[D, channels] of one block."""
    block = jax.lax.dynamic_slice(
      pixels, (image, first_row, 0, 0), (1, num_rows, *pixels.shape[2:])
    )
    rows = (1, num_rows + size[0] - 1, *around.shape[2:])
    lines = jax.lax.dynamic_slice(around, (image, first_row, 0, 0), rows)
    neighbors = [
      lines[:, i : i + num_rows, j : j + width]
      for i in range(size[0])
      for j in range(size[1])
    ]
    return jnp.dot(
      block.reshape(-1, block.shape[-1]).T,
      jnp.concatenate(neighbors, axis=-1).reshape(-1, channels),
      preferred_element_type=_wide(pixels.dtype),
    )

  def add(index, total):
    image, block = index // num_blocks, index % num_blocks
    return total + product(image, block * num_rows)

  zeros = jnp.zeros((pixels.shape[-1], channels), _wide(pixels.dtype))
  total = jax.lax.fori_loop(0, batch * num_blocks, add, zeros)
  return total.reshape(-1, *size, around.shape[-1])


def _block_rows(height: int, row_values: int) -> int:
  """A power of two, so that blocks mostly divide an image; or all rows."""
  most = max(1, BLOCK_VALUES // row_values)
  return height if height <= most else 2 ** (most.bit_length() - 1)


def _wide(dtype: jnp.dtype) -> jnp.dtype:
  """That of sums: float32 at least."""
  return jnp.promote_types(dtype, jnp.float32)
