"""SPADE (arXiv:1903.07291) and its residual block, with instance styles."""

import jax
import jax.numpy as jnp
from flax import linen as nn

from instgan_jax.models import (
  batch_norm,
  leaky_relu,
  mimlp,
  resample,
  segment_modulation,
  spectral_conv,
)


class Spade(nn.Module):
  """Spatially-adaptive denormalization (arXiv:1903.07291, equation 1).

  Normalizes `x` over the batch of all devices, then scales and shifts each
  pixel: x_hat * (1 + gamma) + beta. gamma and beta are predicted from the
  labels (3x3 convolution, ReLU, one 3x3 convolution for each) and, if there are
  instances, from their styles, see `mimlp`.

  Attributes:
    hidden_channels: channels of the convolution on the labels.
    head_kernel_size: of the heads on the styles, 1 or 3.
    modulation_form: how the convolutions on the labels are computed, see
      there; with the dense form, that of the styles has few operations, too.
    axis_name: name of the mapped device axis, see `batch_norm.SyncBatchNorm`.
    dtype: of the computation; that of `x` if None.
  """

  hidden_channels: int = 128
  head_kernel_size: int = 1
  modulation_form: str = 'auto'
  axis_name: str | None = None
  dtype: jnp.dtype | None = None

  @nn.compact
  def __call__(
    self,
    x: jax.Array,
    semantic: jax.Array,
    instances: mimlp.Instances | None,
    repeats: segment_modulation.Repeats | None = None,
    *,
    train: bool,
  ) -> jax.Array:
    """Normalizes and modulates `x`.

    Args:
      x: [B, H, W, C] or [B, H / 2, W / 2, C]. The latter is upsampled, by
        repetition, after the normalization.
      semantic: [B, H, W, K], see `semantic_input`.
      instances: of the same H and W; None in method L.
      repeats: of `semantic`; None to compute every pixel by itself.
      train: whether to normalize by the moments of the batch.

    Returns:
      [B, H, W, C].

    Raises:
      ValueError: if `x` is neither of the size of `semantic` nor half of it.
    """
    gamma, beta = self._segment_modulation(semantic, repeats, x.shape[-1])
    if instances is not None:
      instance_gamma, instance_beta = mimlp.InstanceModulation(
        x.shape[-1],
        self.head_kernel_size,
        self.dtype,
        few_operations=self.modulation_form == 'dense',
        name='instance',
      )(instances)
      gamma, beta = gamma + instance_gamma, beta + instance_beta
    doubles = _is_half(x, semantic)
    x_hat = batch_norm.SyncBatchNorm(axis_name=self.axis_name, name='norm')(
      x, train=train, num_repeats=4 if doubles else 1
    )
    if doubles:
      x_hat = resample.nearest_up(x_hat)
    return x_hat * (1.0 + gamma) + beta

  def _segment_modulation(
    self,
    semantic: jax.Array,
    repeats: segment_modulation.Repeats | None,
    channels: int,
  ) -> tuple[jax.Array, jax.Array]:
    """gamma_seg and beta_seg, [B, H, W, channels] each."""
    hidden = self.hidden_channels
    weights = segment_modulation.Weights(
      shared=_Conv(hidden, name='shared')(semantic.shape[-1]),
      gamma=_Conv(channels, name='gamma')(hidden),
      beta=_Conv(channels, name='beta')(hidden),
    )
    dtype = self.dtype or jnp.result_type(semantic, weights.shared[0])
    weights, semantic = jax.tree.map(
      lambda x: x.astype(dtype), (weights, semantic)
    )
    return segment_modulation.modulation(
      weights, semantic, repeats, form=self.modulation_form
    )


class _Conv(nn.Module):
  """The parameters of a 3x3 convolution: of inputs -> (kernel, bias)."""

  features: int

  @nn.compact
  def __call__(self, in_features: int) -> tuple[jax.Array, jax.Array]:
    shape = (3, 3, in_features, self.features)
    kernel = self.param('kernel', spectral_conv.gaugan_init, shape, jnp.float32)
    zeros = nn.initializers.zeros
    bias = self.param('bias', zeros, (self.features,), jnp.float32)
    return kernel, bias


class SpadeBlock(nn.Module):
  """GauGAN's residual block: twice SPADE, leaky ReLU (0.2), 3x3 convolution.

  The "SPADE ResBlk" of arXiv:1903.07291, figure 4. If the number of channels
  changes, the shortcut has a SPADE and a 1x1 convolution (without bias and
  activation) of its own. All three convolutions have a spectral norm.

  Attributes:
    channels: of the output.
    use_spectral_norm: False for kernels that are divided by it already.
    The others: as in `Spade`.
  """

  channels: int
  hidden_channels: int = 128
  head_kernel_size: int = 1
  modulation_form: str = 'auto'
  use_spectral_norm: bool = True
  axis_name: str | None = None
  dtype: jnp.dtype | None = None

  @nn.compact
  def __call__(
    self,
    x: jax.Array,
    semantic: jax.Array,
    instances: mimlp.Instances | None,
    repeats: segment_modulation.Repeats | None = None,
    *,
    train: bool,
  ) -> jax.Array:
    """Computes [B, H, W, channels]; arguments and errors as of `Spade`.

    An `x` of half the size is upsampled inside the block, so that no value is
    normalized and kept four times.
    """
    in_channels = x.shape[-1]
    middle_channels = min(in_channels, self.channels)
    shortcut = x
    if in_channels != self.channels:
      shortcut = self._spade('norm_s')(
        x, semantic, instances, repeats, train=train
      )
      shortcut = self._conv('conv_s', self.channels, 1)(shortcut, train=train)
    elif _is_half(x, semantic):
      shortcut = resample.nearest_up(x)
    y = self._spade('norm_0')(x, semantic, instances, repeats, train=train)
    y = leaky_relu.leaky_relu(y)
    y = self._conv('conv_0', middle_channels, 3)(y, train=train)
    y = self._spade('norm_1')(y, semantic, instances, repeats, train=train)
    y = leaky_relu.leaky_relu(y)
    y = self._conv('conv_1', self.channels, 3)(y, train=train)
    return shortcut + y

  def _spade(self, name: str) -> Spade:
    return Spade(
      hidden_channels=self.hidden_channels,
      head_kernel_size=self.head_kernel_size,
      modulation_form=self.modulation_form,
      axis_name=self.axis_name,
      dtype=self.dtype,
      name=name,
    )

  def _conv(
    self, name: str, features: int, kernel_size: int
  ) -> spectral_conv.SpectralConv:
    return spectral_conv.SpectralConv(
      features=features,
      kernel_size=kernel_size,
      padding=kernel_size // 2,
      use_bias=kernel_size > 1,
      use_spectral_norm=self.use_spectral_norm,
      dtype=self.dtype,
      name=name,
    )


def _is_half(x: jax.Array, semantic: jax.Array) -> bool:
  """Whether `x` is half as large as `semantic`; raises if it does not fit."""
  size, full_size = x.shape[1:3], semantic.shape[1:3]
  if size == full_size:
    return False
  if (2 * size[0], 2 * size[1]) == full_size:
    return True
  raise ValueError(
    f'x is {size[0]}x{size[1]} but the label map {full_size[0]}x'
    f'{full_size[1]}: x must have the size of the label map or half of it.'
  )
