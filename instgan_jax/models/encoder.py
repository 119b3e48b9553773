"""GauGAN's style encoder (arXiv:1903.07291): image -> style distribution."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen as nn

from instgan_jax.models import (
  instance_norm,
  leaky_relu,
  resample,
  spectral_conv,
)

# Images are resized to this first (arXiv:1903.07291, figure 14).
INPUT_SIZE = (256, 256)
WIDTHS = (1, 2, 4, 8, 8, 8)  # Of the convolutions, over base_channels.


class StyleEncoder(nn.Module):
  """Six strided 3x3 convolutions and two dense layers.

  The convolutions have a spectral norm, no bias and instance normalization.
  (For images below 256 pixels GauGAN leaves the sixth convolution out, but then
  its dense layers do not fit; no published encoder is like that.)

  Attributes:
    base_channels: channels of the first convolution; later ones have up to 8
      times as many.
    style_dim: size of the latent.
    dtype: of the computation, float32 if None; the outputs are float32.
  """

  base_channels: int = 64
  style_dim: int = 256
  dtype: jnp.dtype | None = None

  @nn.compact
  def __call__(
    self, image: jax.Array, *, train: bool
  ) -> tuple[jax.Array, jax.Array]:
    """Encodes images.

    Args:
      image: [B, H, W, 3] in [-1, 1], of any size.
      train: whether to update the spectral norms (where their collection is
        mutable).

    Returns:
      The mean and the log variance of the latent, float32 [B, style_dim] each.
    """
    x = image.astype(self.dtype or jnp.float32)
    if x.shape[1:3] != INPUT_SIZE:
      x = resample.bilinear_resize(x, INPUT_SIZE)
    for layer, width in enumerate(WIDTHS):
      x = spectral_conv.SpectralConv(
        features=width * self.base_channels,
        kernel_size=3,
        strides=2,
        padding=1,
        use_bias=False,
        dtype=self.dtype,
        name=f'conv_{layer}',
      )(x, train=train)
      x = leaky_relu.leaky_relu(instance_norm.instance_norm(x))
    x = x.reshape(x.shape[0], -1)
    return self._dense('mean')(x), self._dense('log_variance')(x)

  def _dense(self, name: str) -> Callable[[jax.Array], jax.Array]:
    dense = nn.Dense(
      self.style_dim,
      kernel_init=spectral_conv.gaugan_init,
      dtype=self.dtype,
      name=name,
    )
    return lambda x: dense(x).astype(jnp.float32)


def sample_style(
  mean: jax.Array, log_variance: jax.Array, noise: jax.Array
) -> jax.Array:
  """Samples N(mean, exp(log_variance)) by reparameterization (arXiv:1312.6114).

  Args:
    mean: [B, style_dim].
    log_variance: [B, style_dim].
    noise: [B, style_dim] from N(0, 1).

  Returns:
    [B, style_dim].
  """
  return mean + noise * jnp.exp(0.5 * log_variance)
