"""2-D convolution whose gradients each platform computes well.

The gradient of the kernel has a form of its own on TPUs and CPUs, see
`kernel_gradient`. On CPUs a convolution of 1x1 is a matrix product.
"""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from instgan_jax.models import kernel_gradient, platforms

_NUMBERS = ('NHWC', 'HWIO', 'NHWC')
Padding = kernel_gradient.Padding
# Multiplications from which on a CPU sums the gradient of a kernel by products.
# For fewer that is hardly faster, but takes longer to compile: 6 s of CPU time
# for the gradient of configs/toy_street.py.
MIN_PRODUCTS = 2**27


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
  if kernel.shape[:2] == (1, 1) and stride == 1 and not any(sum(padding, ())):
    return platforms.choose(
      x,
      kernel,
      cpu=_product,
      default=lambda x, kernel: _native(x, kernel, stride, padding, dilation),
    )
  return _native(x, kernel, stride, padding, dilation)


def _product(x, kernel):
  pixels = x.reshape(-1, x.shape[-1]) @ kernel[0, 0]
  return pixels.reshape(*x.shape[:-1], -1)


def _native(x, kernel, stride, padding, dilation):
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

  def convolve_input(x):
    return _convolve(x, kernel, stride, padding, dilation)

  def convolve_with(kernel):
    return _convolve(x, kernel, stride, padding, dilation)

  def native(x, gradient):
    del x
    return jax.linear_transpose(convolve_with, kernel)(gradient)[0]

  def by_products(x, gradient):
    num_products = gradient.size * kernel.size // kernel.shape[-1]
    if (stride, dilation) != (1, 1) or num_products < MIN_PRODUCTS:
      return native(x, gradient)
    return kernel_gradient.by_products(
      x, gradient, kernel.shape[:2], padding=padding
    ).astype(kernel.dtype)

  def by_rows(x, gradient):
    return kernel_gradient.by_rows(
      x,
      gradient,
      kernel.shape[:2],
      stride=stride,
      padding=padding,
      dilation=dilation,
    ).astype(kernel.dtype)

  (of_x,) = jax.linear_transpose(convolve_input, x)(gradient)
  of_kernel = platforms.choose(
    x, gradient, cpu=by_products, tpu=by_rows, default=native
  )
  return of_x, of_kernel


convolve.defvjp(_forward, _backward)
