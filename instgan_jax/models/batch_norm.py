"""Batch normalization over the batch of all devices, without parameters.

The parameter-free normalization inside SPADE (arXiv:1903.07291, equation 1),
with the arithmetic of PyTorch's batch norm (arXiv:1502.03167).
"""

import jax
import jax.numpy as jnp
from flax import linen as nn


class SyncBatchNorm(nn.Module):
  """Normalizes channels by the moments of the global batch, as PyTorch does.

  In training mode it uses the mean and the biased variance over batch, height
  and width of all devices of `axis_name`, otherwise the running moments. The
  running variance is updated with the unbiased estimate (times n / (n - 1), n
  counted over all devices). Moments are float32 whatever the dtype of the
  input. The 'batch_stats' collection {mean, var}, each float32 [C], changes
  only where it is mutable.

  On several GPUs, GauGAN trained with a batch norm (vacancy's
  Synchronized-BatchNorm-PyTorch) that divides by sqrt(max(var, epsilon)) in
  training, but by sqrt(var + epsilon) afterwards and on one GPU. This module
  always does the latter: published weights are used in that mode.

  Attributes:
    momentum: share of the old running moments that a training step keeps.
      (PyTorch's momentum of 0.1 is 0.9 here.)
    epsilon: added to the variance.
    axis_name: name of the mapped device axis; None for one device.
  """

  momentum: float = 0.9
  epsilon: float = 1e-5
  axis_name: str | None = None

  @nn.compact
  def __call__(
    self, x: jax.Array, *, train: bool, num_repeats: int = 1
  ) -> jax.Array:
    """Normalizes `x`.

    Args:
      x: [B, H, W, C].
      train: whether to use the moments of the batch.
      num_repeats: how often a following nearest-neighbor upsampling repeats
        each pixel of `x`. Repetition changes neither the mean nor the biased
        variance, only the count n of the unbiased one.

    Returns:
      [B, H, W, C], of the dtype of `x`.
    """
    shape = (x.shape[-1],)
    running_mean = self.variable(
      'batch_stats', 'mean', jnp.zeros, shape, jnp.float32
    )
    running_var = self.variable(
      'batch_stats', 'var', jnp.ones, shape, jnp.float32
    )
    mean, var = running_mean.value, running_var.value
    values = x.astype(jnp.float32)
    if train:
      axis_name = None if self.is_initializing() else self.axis_name
      shift = jax.lax.stop_gradient(mean)
      mean, var, count = _moments(values, shift=shift, axis_name=axis_name)
      count = count * num_repeats
      if (
        self.is_mutable_collection('batch_stats') and not self.is_initializing()
      ):
        unbiased = var * (count / max(count - 1, 1))
        running_mean.value = self._updated(running_mean.value, mean)
        running_var.value = self._updated(running_var.value, unbiased)
    scale = jax.lax.rsqrt(var + self.epsilon)
    y = (values - mean[None, None, None]) * scale[None, None, None]
    return y.astype(x.dtype)

  def _updated(self, old: jax.Array, new: jax.Array) -> jax.Array:
    """The moving average after one more value."""
    return self.momentum * old + (1.0 - self.momentum) * new


def _moments(
  x: jax.Array, *, shift: jax.Array, axis_name: str | None
) -> tuple[jax.Array, jax.Array, int]:
  """Mean, biased variance and count over all devices.

  On each device the variance is that of the centered values. One mean over the
  devices merges the moments, taken relative to `shift` so that a mean which is
  large compared to the deviation does not cancel:
  E[(m - shift)^2] - E[m - shift]^2.

  Args:
    x: float32 [B, H, W, C].
    shift: [C], near the mean and the same on every device.
    axis_name: name of the mapped device axis, or None.

  Returns:
    mean [C], variance [C], both float32, and the number of values per channel.
  """
  count = x.shape[0] * x.shape[1] * x.shape[2]
  mean = jnp.mean(x, axis=(0, 1, 2))
  var = jnp.mean(jnp.square(x - mean[None, None, None]), axis=(0, 1, 2))
  if axis_name is None:
    return mean, var, count
  offset = mean - shift
  local = jnp.stack([offset, var + jnp.square(offset)])
  offset, square = jax.lax.pmean(local, axis_name)
  var = jnp.maximum(square - jnp.square(offset), 0.0)
  return offset + shift, var, count * jax.lax.axis_size(axis_name)
