"""Convolution with spectral normalization (arXiv:1802.05957, algorithm 1).

Dividing a kernel by its largest singular value bounds the Lipschitz constant
of the layer. GauGAN uses it on every convolution of the generator's residual
blocks and on the inner ones of the discriminator and the encoder.
"""

import functools

import jax
import jax.numpy as jnp
from flax import linen as nn

from instgan_jax.models import convolution, small_conv


@functools.partial(jax.jit, static_argnames=('shape', 'dtype'))
def gaugan_init(
  key: jax.Array, shape: tuple[int, ...], dtype: jnp.dtype = jnp.float32
) -> jax.Array:
  """A kernel of any GauGAN layer: Xavier's normal with gain 0.02."""
  initializer = nn.initializers.variance_scaling(0.02**2, 'fan_avg', 'normal')
  return initializer(key, shape, dtype)


class SpectralConv(nn.Module):
  """A 2-D convolution whose kernel is divided by its spectral norm.

  Behaves as PyTorch's `spectral_norm` of a `Conv2d`. In training, one step of
  the power method updates the stored vectors and sigma = u^T W v; gradients go
  through W only. Otherwise, and in training when 'spectral_stats' is not
  mutable, the stored vectors are used unchanged, so that a second pass of one
  training step can share the sigma of the first. The norm is computed in
  float32 whatever `dtype` is.

  Variables: 'params' kernel [kh, kw, in, out] and bias [out]; 'spectral_stats'
  u [out] and v [kh * kw * in], of length one.

  Attributes:
    features: output channels.
    kernel_size: height and width of the (square) kernel, in pixels.
    strides: in both directions, in pixels.
    padding: zeros on every side, in pixels.
    use_bias: adds a bias, which is initialized to 0.
    use_spectral_norm: a plain convolution if False.
    dtype: of the computation; that of the input if None.
  """

  features: int
  kernel_size: int
  strides: int = 1
  padding: int = 0
  use_bias: bool = True
  use_spectral_norm: bool = True
  dtype: jnp.dtype | None = None

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
    """Convolves `x`.

    Args:
      x: [B, H, W, in].
      train: whether to take a step of the power method.

    Returns:
      [B, h, w, features] with h = (H + 2 padding - kernel_size) // strides + 1,
      w likewise.
    """
    dtype = self.dtype or x.dtype
    shape = (self.kernel_size, self.kernel_size, x.shape[-1], self.features)
    kernel = self.param('kernel', gaugan_init, shape, jnp.float32)
    x = x.astype(dtype)
    if self.use_spectral_norm:
      y = self._normalized(x, kernel, self._sigma(kernel, train=train))
    else:
      y = self._convolve(x, kernel.astype(dtype))
    if self.use_bias:
      zeros = nn.initializers.zeros
      bias = self.param('bias', zeros, (self.features,), jnp.float32)
      y = y + bias.astype(dtype)[None, None, None]
    return y

  def _normalized(
    self, x: jax.Array, kernel: jax.Array, sigma: jax.Array
  ) -> jax.Array:
    """Convolves by kernel / sigma: divides what is smaller, kernel or result.

    Most weights are those of small maps. Not to divide them saves a copy, which
    would stay until the backward pass.
    """
    if x.shape[1] * x.shape[2] > kernel.size // self.features:
      return self._convolve(x, (kernel / sigma).astype(x.dtype))
    y = self._convolve(x, kernel.astype(x.dtype))
    return (y / sigma).astype(x.dtype)

  def _convolve(self, x: jax.Array, kernel: jax.Array) -> jax.Array:
    if (self.kernel_size, self.strides, self.padding) == (3, 1, 1):
      return small_conv.conv_3x3(x, kernel)
    sides = (self.padding, self.padding)
    return convolution.convolve(x, kernel, self.strides, (sides, sides))

  def _sigma(self, kernel: jax.Array, *, train: bool) -> jax.Array:
    """The estimate of the kernel's largest singular value."""
    matrix = kernel.reshape(-1, self.features)

    def initial_u() -> jax.Array:
      key = self.make_rng('params')
      return _normalize(jax.random.normal(key, (self.features,), jnp.float32))

    u = self.variable('spectral_stats', 'u', initial_u)
    v = self.variable(
      'spectral_stats', 'v', jnp.zeros, matrix.shape[:1], jnp.float32
    )
    u_value, v_value = u.value, v.value
    is_mutable = self.is_mutable_collection('spectral_stats')
    # A fresh layer takes its first step at once, so that it can be used
    # without training.
    if is_mutable and (train or self.is_initializing()):
      v_value = _normalize(_dot(matrix, u_value))
      u_value = _normalize(_dot(v_value, matrix))
      u_value, v_value = jax.lax.stop_gradient((u_value, v_value))
      u.value, v.value = u_value, v_value
    return spectral_norm(kernel, u_value, v_value)


def spectral_norm(kernel: jax.Array, u: jax.Array, v: jax.Array) -> jax.Array:
  """The estimate v^T W u of the largest singular value of a kernel.

  Args:
    kernel: [kh, kw, in, out], W when reshaped to [kh * kw * in, out].
    u: [out], of length one.
    v: [kh * kw * in], of length one.

  Returns:
    float32 scalar.
  """
  return _dot(_dot(v, kernel.reshape(-1, kernel.shape[-1])), u)


def _dot(a: jax.Array, b: jax.Array) -> jax.Array:
  # Accelerators would otherwise round float32 factors to fewer bits.
  return jnp.dot(a, b, precision=jax.lax.Precision.HIGHEST)


def _normalize(vector: jax.Array) -> jax.Array:
  return vector / jnp.maximum(jnp.linalg.norm(vector), 1e-12)
