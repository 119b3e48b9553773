"""2-D convolution with a weight gradient that a TPU computes well.

The gradient of a kernel is itself a convolution, whose channels are the images
of the batch and whose window is a whole feature map. With few images on a chip
that leaves most lanes of a TPU's matrix unit empty, and its compiler (libtpu
0.0.42 and 0.0.52) aborts while it tries to spread the images over them
("space_to_batch_converter.cc: Check failed"). By rows it is one 1-D convolution
for each row of the kernel, whose channels are the rows of all images.
"""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from instgan_jax.models import platforms

_NUMBERS = ('NHWC', 'HWIO', 'NHWC')
Padding = tuple[tuple[int, int], tuple[int, int]]


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def convolve(
  x: jax.Array,
  kernel: jax.Array,
  stride: int,
  padding: Padding,
  dilation: int = 1,
) -> jax.Array:
  """Convolves images.

  Args:
    x: [B, H, W, in].
    kernel: [kh, kw, in, out], of the dtype of `x`.
    stride: in both directions, in pixels.
    padding: zeros above and below, left and right, in pixels.
    dilation: distance of neighboring values of the kernel, in pixels.

  Returns:
    [B, h, w, out].
  """
  return _convolve(x, kernel, stride, padding, dilation)


def kernel_gradient_by_rows(
  x: jax.Array,
  gradient: jax.Array,
  kernel_size: tuple[int, int],
  *,
  stride: int,
  padding: Padding,
  dilation: int,
) -> jax.Array:
  """The gradient of `convolve` with respect to the kernel, row by row of it.

  Args:
    x: [B, H, W, in].
    gradient: [B, h, w, out], with respect to the result.
    kernel_size: (kh, kw).
    stride: as of `convolve`.
    padding: as of `convolve`.
    dilation: as of `convolve`.

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
      preferred_element_type=jnp.promote_types(x.dtype, jnp.float32),
    )
    rows.append(row)
  return jnp.stack(rows)


def of_flax(
  x: jax.Array,
  kernel: jax.Array,
  window_strides: Sequence[int],
  padding: Sequence[tuple[int, int]],
  *,
  rhs_dilation: Sequence[int],
  **others: Any,
) -> jax.Array:
  """`convolve` as the `conv_general_dilated` of `flax.linen.Conv`.

  For strides and dilations that are equal in both directions, and one group.
  """
  del others
  stride, dilation = window_strides[0], rhs_dilation[0]
  return convolve(x, kernel, stride, tuple(padding), dilation)


def _convolve(x, kernel, stride, padding, dilation):
  if kernel.shape[0] % 2 == 0:
    # On the CPU, XLA's weight gradient of a padded 4x4 convolution is two
    # orders of magnitude slower than that of an unpadded one.
    x, padding = jnp.pad(x, ((0, 0), *padding, (0, 0))), ((0, 0), (0, 0))
  return jax.lax.conv_general_dilated(
    x,
    kernel,
    window_strides=(stride, stride),
    padding=padding,
    rhs_dilation=(dilation, dilation),
    dimension_numbers=_NUMBERS,
  )


def _forward(x, kernel, stride, padding, dilation):
  return _convolve(x, kernel, stride, padding, dilation), (x, kernel)


def _backward(stride, padding, dilation, residuals, gradient):
  x, kernel = residuals

  def of_x(x):
    return _convolve(x, kernel, stride, padding, dilation)

  def of_kernel(kernel):
    return _convolve(x, kernel, stride, padding, dilation)

  def native(x, gradient):
    del x
    return jax.linear_transpose(of_kernel, kernel)(gradient)[0]

  def by_rows(x, gradient):
    return kernel_gradient_by_rows(
      x,
      gradient,
      kernel.shape[:2],
      stride=stride,
      padding=padding,
      dilation=dilation,
    ).astype(kernel.dtype)

  (x_gradient,) = jax.linear_transpose(of_x, x)(gradient)
  kernel_gradient = platforms.choose(x, gradient, tpu=by_rows, default=native)
  return x_gradient, kernel_gradient


convolve.defvjp(_forward, _backward)
