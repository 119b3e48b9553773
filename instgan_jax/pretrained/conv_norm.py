"""Convolution, batch norm and ReLU: the layer of the pretrained classifiers."""

from collections.abc import Sequence

import jax
from flax import linen as nn

# Metrics must not depend on an accelerator's reduced-precision products.
PRECISION = jax.lax.Precision.HIGHEST


class ConvNorm(nn.Module):
  """A convolution without bias, a batch norm, and a ReLU if `use_relu`.

  In training the running variance is updated with the biased estimate of the
  batch, in PyTorch with the unbiased one. Public weights are never trained
  here.

  Attributes:
    channels: of the output.
    kernel_size: height and width of the kernel, in pixels.
    strides: in both directions, in pixels.
    padding: pixels above and below, and left and right.
    dilation: of the kernel, in both directions.
    epsilon: of the batch norm, added to the variance.
    use_relu: whether a ReLU follows.
    axis_name: name of the mapped device axis, for the batch norm in training;
      None for one device.
  """

  channels: int
  kernel_size: tuple[int, int] = (1, 1)
  strides: int = 1
  padding: Sequence[int] = (0, 0)
  dilation: int = 1
  epsilon: float = 1e-5
  use_relu: bool = True
  axis_name: str | None = None

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
    """Computes [B, H, W, C] -> [B, h, w, channels].

    Args:
      x: [B, H, W, C].
      train: whether to normalize by the moments of the batch.
    """
    x = nn.Conv(
      self.channels,
      self.kernel_size,
      strides=self.strides,
      padding=[(pixels, pixels) for pixels in self.padding],
      kernel_dilation=self.dilation,
      use_bias=False,
      precision=PRECISION,
      name='conv',
    )(x)
    x = nn.BatchNorm(
      use_running_average=not train,
      momentum=0.9,
      epsilon=self.epsilon,
      axis_name=None if self.is_initializing() else self.axis_name,
      name='bn',
    )(x)
    return nn.relu(x) if self.use_relu else x
