"""The Multi-Instance MLP (MIMLP), equation (1) of the paper (see README).

Instance i of N has a latent z(i) ~ N(0, I) and a mask x_ins(i):

  MIMLP(x, z(i), x_ins(i))
    = (phi_sigma(z(i)) * (x - mu(x)) / sigma(x) + phi_mu(z(i))) * x_ins(i)

summed over i. Here it is joined to SPADE as the paper's figure 3 shows: a
shared MLP f maps latents to styles, which are placed in their instances,

  E = sum_i f(z(i)) * x_ins(i)  (+ the position map, in method L+I+P)
  gamma = gamma_seg + g_gamma(E),  beta = beta_seg + g_beta(E)

with heads g_gamma, g_beta for each SPADE layer. With 1x1 heads and without the
position map this adds equation (1) to SPADE; with one instance that covers the
image it is AdaIN. The sum over masks is a lookup by instance id, see
`instance_lookup`.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn

from instgan_jax.models import (
  convolution,
  first_rows,
  leaky_relu,
  platforms,
  position_map,
  short_product,
)
from instgan_jax.models.instance_lookup import (
  instance_lookup,
  instance_lookups,
)


class Instances(NamedTuple):
  """The instances of a batch at one resolution of the generator.

  Attributes:
    styles: [B, N, S]; row i - 1 is the style f(z(i)) of the dense id i.
    instance_map: [B, h, w] dense instance ids, 0 for no instance.
    position_basis: of [B, h, w] positions, see `position_map`; None without
      position map.
  """

  styles: jax.Array
  instance_map: jax.Array
  position_basis: position_map.Basis | None


class InstanceStyle(nn.Module):
  """The shared MLP f from latents to styles.

  Two dense layers of `style_channels` units with a leaky ReLU (0.2) between
  them; the styles are unbounded.

  Attributes:
    style_channels: S, of the styles.
    dtype: of the computation, float32 if None.
  """

  style_channels: int = 128
  dtype: jnp.dtype | None = None

  @nn.compact
  def __call__(self, latents: jax.Array) -> jax.Array:
    """Computes [B, N, latent_dim], N(0, 1), -> [B, N, style_channels]."""
    dense_0 = nn.Dense(self.style_channels, dtype=self.dtype, name='dense_0')
    dense_1 = nn.Dense(self.style_channels, dtype=self.dtype, name='dense_1')
    return dense_1(leaky_relu.leaky_relu(dense_0(latents)))


class InstanceModulation(nn.Module):
  """The heads g_gamma and g_beta of one SPADE layer.

  They are initialized to zero, so that a generator with fresh heads generates
  the image that it generates without them. Pixels outside every instance get
  exactly 0 (no bias either).

  1x1 heads act on each pixel alone: the N styles are projected first (on a CPU
  those up to the largest id) and looked up afterwards, and the position map
  enters through its basis, so that E is never built. Larger heads convolve E,
  as all do on a TPU: there a lookup is a product with all N rows, and E needs
  one for all layers of a resolution.

  Parameters: kernel [k, k, S, 2 C], whose first C outputs are gamma and last C
  beta, and bias [2 C].

  Attributes:
    channels: C, of the feature map that is modulated.
    kernel_size: of the heads, in pixels: 1 (equation (1)), or odd and larger.
    dtype: of the computation, float32 if None.
    few_operations: for programs that are compiled sooner, and run more slowly
      on a CPU.
  """

  channels: int
  kernel_size: int = 1
  dtype: jnp.dtype | None = None
  few_operations: bool = False

  @nn.compact
  def __call__(self, instances: Instances) -> tuple[jax.Array, jax.Array]:
    """Computes gamma and beta of the instances, [B, h, w, C] each."""
    dtype = self.dtype or jnp.float32
    size = (self.kernel_size, self.kernel_size)
    shape = (*size, instances.styles.shape[-1], 2 * self.channels)
    zeros = nn.initializers.zeros
    kernel = self.param('kernel', zeros, shape, jnp.float32)
    bias = self.param('bias', zeros, shape[-1:], jnp.float32)
    by_gather = modulate_neighborhoods
    if self.kernel_size == 1:
      by_gather = functools.partial(
        modulate_pixels, few_operations=self.few_operations
      )
    by_matmul = functools.partial(modulate_neighborhoods, use_matmul=True)
    return platforms.choose(
      instances,
      kernel,
      bias,
      tpu=functools.partial(by_matmul, dtype=dtype),
      default=functools.partial(by_gather, dtype=dtype),
    )


def modulate_pixels(
  instances: Instances,
  kernel: jax.Array,
  bias: jax.Array,
  *,
  dtype: jnp.dtype,
  few_operations: bool = False,
) -> tuple[jax.Array, jax.Array]:
  """gamma and beta of 1x1 heads, which look at one pixel each.

  Args:
    instances: with styles [B, N, S] and a map [B, h, w].
    kernel: [1, 1, S, 2 C].
    bias: [2 C].
    dtype: of the computation.
    few_operations: as of `InstanceModulation`.

  Returns:
    gamma and beta, [B, h, w, C] each.
  """
  styles, instance_map, basis = instances
  kernel = kernel[0, 0]
  styles = styles.astype(dtype)
  takes_all = few_operations or styles.shape[1] <= first_rows.BLOCK
  project = _project_all if takes_all else _project
  projected = project(styles, kernel.astype(dtype), instance_map)
  projected = projected + bias.astype(dtype)[None, None]
  # From here on apart: on a CPU halves of joint maps are read slowly.
  tables = tuple(jnp.split(with_empty_row(projected), 2, axis=-1))
  gamma, beta = instance_lookups(tables, instance_map)
  if basis is None:
    return gamma, beta
  # The basis is 0 outside every instance: no mask is needed.
  of_gamma, of_beta = _modulate_positions(basis, kernel, dtype, few_operations)
  return gamma + of_gamma, beta + of_beta


def _project(
  styles: jax.Array, kernel: jax.Array, instance_map: jax.Array
) -> jax.Array:
  """`styles @ kernel`; on a CPU in the rows of the map's ids alone."""

  def of_ids(styles, kernel, ids):
    num_rows = jnp.minimum(jnp.max(ids), styles.shape[1])
    return first_rows.first_rows_product(styles, kernel, num_rows)

  return platforms.choose(
    styles,
    kernel,
    instance_map.astype(jnp.int32),
    cpu=of_ids,
    default=_project_all,
  )


def _project_all(
  styles: jax.Array, kernel: jax.Array, instance_map: jax.Array
) -> jax.Array:
  del instance_map
  return styles @ kernel


def _modulate_positions(
  basis: position_map.Basis,
  kernel: jax.Array,
  dtype: jnp.dtype,
  few_operations: bool,
) -> tuple[jax.Array, jax.Array]:
  """The position map times a kernel [S, 2 C]: gamma and beta, [B, h, w, C]."""
  folded = position_map.fold_kernel(kernel)
  if basis.polynomials is not None:
    polynomials = basis.polynomials
    folded = position_map.kernel_on_polynomials(folded)
    product = functools.partial(
      short_product.short_product, polynomials, dtype=dtype
    )
    if few_operations:
      gamma, beta = jnp.split(product(folded), 2, axis=-1)
    else:
      gamma, beta = map(product, jnp.split(folded, 2, axis=-1))
    return gamma, beta
  # As one matrix: its gradient is then twice as fast on the CPU.
  *size, channels = basis.sines.shape
  pixels = basis.sines.astype(dtype).reshape(-1, channels)
  modulation = (pixels @ folded.astype(dtype)).reshape(*size, -1)
  gamma, beta = jnp.split(modulation, 2, axis=-1)
  return gamma, beta


def modulate_neighborhoods(
  instances: Instances,
  kernel: jax.Array,
  bias: jax.Array,
  *,
  dtype: jnp.dtype,
  use_matmul: bool = False,
) -> tuple[jax.Array, jax.Array]:
  """`modulate_pixels` for heads of any size: a convolution of E.

  `use_matmul`: as of `instance_lookup`.
  """
  styles, instance_map, basis = instances
  style_map = instance_lookup(
    with_empty_row(styles.astype(dtype)), instance_map, use_matmul
  )
  if basis is not None:
    style_map = style_map + position_map.position_map(basis, dtype)
  is_inside = (instance_map > 0)[..., None]

  def head(kernel: jax.Array, bias: jax.Array) -> jax.Array:
    modulation = _convolve(style_map, kernel) + bias[None, None, None]
    return jnp.where(is_inside, modulation, jnp.zeros((), dtype))

  # One after the other: a TPU would copy the halves of their joint result.
  gamma_kernel, beta_kernel = jnp.split(kernel.astype(dtype), 2, axis=-1)
  gamma_bias, beta_bias = jnp.split(bias.astype(dtype), 2)
  return head(gamma_kernel, gamma_bias), head(beta_kernel, beta_bias)


def _convolve(x: jax.Array, kernel: jax.Array) -> jax.Array:
  """A convolution of odd size; one of 1x1 is a matrix product to compilers."""
  size = kernel.shape[0]
  if size == 1:
    pixels = x.reshape(-1, x.shape[-1]) @ kernel[0, 0]
    return pixels.reshape(*x.shape[:-1], -1)
  margin = (size // 2, size // 2)
  return convolution.convolve(x, kernel, 1, (margin, margin))


def with_empty_row(rows: jax.Array) -> jax.Array:
  """Prepends the zeros of id 0, 'no instance': [B, N, C] -> [B, N + 1, C]."""
  return jnp.pad(rows, ((0, 0), (1, 0), (0, 0)))
