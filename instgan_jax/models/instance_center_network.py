"""Finds the objects of a photograph whose labels are known.

The two heads of Panoptic-DeepLab (arXiv:1911.10194) that know no class: the
heat of centers, and offsets to the own one, see
`data_pipeline.instance_centers`. Labels are given instead of found, so that a
small U-Net (arXiv:1505.04597) is enough: it has to see where one object ends
and the next of its class begins.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn

from instgan_jax.models import resample, semantic_input

_GROUPS = 8  # Of the group norms (arXiv:1803.08494).
_RARE = -2.0  # Logit of the heat to begin with: centers are rare.


class Output(NamedTuple):
  """What is found, float32.

  Attributes:
    heat: [B, H, W], 0 to 1.
    offsets: [B, H, W, 2], rows and columns, in units of `sigma`.
  """

  heat: jax.Array
  offsets: jax.Array


class InstanceCenterNetwork(nn.Module):
  """A U-Net whose levels have 1, 2, 4, ... times `base_channels`.

  Attributes:
    num_labels: channels of the labels.
    base_channels: of the first level, divisible by 8.
    num_levels: each has half the size of the one before it.
  """

  num_labels: int = 35
  base_channels: int = 32
  num_levels: int = 4

  @nn.compact
  def __call__(self, image: jax.Array, label_map: jax.Array) -> Output:
    """Finds centers and offsets.

    Args:
      image: float32 [B, H, W, 3] in [-1, 1], of any size.
      label_map: [B, H, W] label ids.
    """
    one_hot = semantic_input.semantic_input(
      label_map, label_map, num_labels=self.num_labels, use_edges=False
    )
    x = jnp.concatenate([image, one_hot], axis=-1)
    height, width = image.shape[1:3]
    multiple = 2 ** (self.num_levels - 1)
    rest = ((0, -height % multiple), (0, -width % multiple))
    x = jnp.pad(x, ((0, 0), *rest, (0, 0)))
    skips = []
    for level in range(self.num_levels):
      stride = 2 if level else 1
      x = self._block(x, level, stride, f'down_{level}')
      skips.append(x)
    skips.pop()
    for level in reversed(range(self.num_levels - 1)):
      x = jnp.concatenate([resample.nearest_up(x), skips.pop()], axis=-1)
      x = self._block(x, level, 1, f'up_{level}')
    x = x[:, :height, :width]
    head = functools.partial(nn.Conv, kernel_size=(1, 1))
    logits = head(1, bias_init=nn.initializers.constant(_RARE), name='heat')(x)
    offsets = head(2, name='offsets')(x)
    return Output(nn.sigmoid(logits[..., 0]), offsets)

  def _block(
    self, x: jax.Array, level: int, stride: int, name: str
  ) -> jax.Array:
    """Two 3x3 convolutions, each with a group norm and a ReLU."""
    features = self.base_channels * 2**level
    for number, step in enumerate((stride, 1)):
      x = nn.Conv(
        features,
        (3, 3),
        strides=step,
        padding=((1, 1), (1, 1)),
        use_bias=False,
        name=f'{name}_conv_{number}',
      )(x)
      x = nn.GroupNorm(_GROUPS, name=f'{name}_norm_{number}')(x)
      x = nn.relu(x)
    return x
