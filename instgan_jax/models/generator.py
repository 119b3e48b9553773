"""The generator: GauGAN's (arXiv:1903.07291), with a style per instance.

One network for the three methods of the paper (see README):

  L      `use_instances=False`: GauGAN, parameter by parameter.
  L+I    `use_position_map=False`: adds the styles of instances, equation (1),
         see `mimlp`.
  L+I+P  adds the position map, equation (2), to the styles, see `position_map`.

The parameters of L keep their names in the other two, which only add entries.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen as nn

from instgan_jax.models import (
  convolution,
  leaky_relu,
  mimlp,
  position_map,
  resample,
  segment_modulation,
  semantic_input,
  spade,
  spectral_conv,
)

# Image size over the size of the first feature map.
STRIDES = {'normal': 32, 'more': 64, 'most': 128}


class Generator(nn.Module):
  """Generates an image from a label map, an instance map and latents.

  Attributes:
    num_labels: label ids are 0..num_labels-1.
    base_channels: channels of the last block at 'normal' and 'more'; the first
      blocks have 16 times as many.
    upsampling: 'normal', 'more' or 'most': doubles the size 5, 6 or 7 times.
    image_size: height and width of the image, in pixels; multiples of `stride`.
    hidden_channels: of the convolutions on the labels.
    use_edges: adds GauGAN's channel of instance edges to the labels.
    use_instances: gives each instance a style.
    use_position_map: adds the position map to the styles; without effect if
      there are none.
    num_instances: rows of `latents`, the largest instance id. No parameter
      depends on it.
    style_channels: of the styles and the position map; a multiple of 4.
    head_kernel_size: of the heads on the styles, 1 or 3.
    position_frequencies: 'paper' or 'octaves', see `position_map`.
    modulation_form: how SPADE's convolutions on the labels are computed:
      'auto', 'deduplicated' or 'dense', see `segment_modulation`.
    image_style_dim: size of the latent of the whole image, which then replaces
      the labels in the first layer; 0 for none.
    use_spectral_norm: False for exported weights, whose kernels are divided
      by it already; there are no 'spectral_stats' then.
    axis_name: name of the mapped device axis, for the batch norm; None for one
      device.
    dtype: of the computation, float32 if None; parameters, statistics and the
      image stay float32.
    remat: recomputes the blocks in the backward pass, to save memory.
  """

  num_labels: int = 35
  base_channels: int = 64
  upsampling: str = 'more'
  image_size: tuple[int, int] = (256, 512)
  hidden_channels: int = 128
  use_edges: bool = False
  use_instances: bool = True
  use_position_map: bool = True
  num_instances: int = 256
  style_channels: int = 128
  head_kernel_size: int = 1
  position_frequencies: str = 'paper'
  modulation_form: str = 'auto'
  image_style_dim: int = 0
  use_spectral_norm: bool = True
  axis_name: str | None = None
  dtype: jnp.dtype | None = None
  remat: bool = False

  @property
  def stride(self) -> int:
    """Image size over the size of the first feature map.

    Raises:
      ValueError: if `upsampling` is unknown.
    """
    if self.upsampling not in STRIDES:
      raise ValueError(
        f'upsampling is {self.upsampling!r}: choose one of {sorted(STRIDES)}.'
      )
    return STRIDES[self.upsampling]

  @nn.compact
  def __call__(
    self,
    label_map: jax.Array,
    instance_map: jax.Array,
    latents: jax.Array | None = None,
    image_style: jax.Array | None = None,
    *,
    train: bool,
  ) -> jax.Array:
    """Generates images.

    Args:
      label_map: [B, H, W] integer label ids, of `image_size`.
      instance_map: [B, H, W] integer instance ids, dense: 0 for none. (With
        `use_edges` and no `use_instances`, raw ids will do.)
      latents: [B, num_instances, D] from N(0, 1); row i - 1 belongs to the
        instance id i. None without `use_instances`.
      image_style: [B, image_style_dim] from N(0, 1); None if that is 0.
      train: whether to use the moments of the batch and to update the running
        moments and the spectral norms (where their collections are mutable).

    Returns:
      float32 [B, H, W, 3] in [-1, 1].

    Raises:
      ValueError: if a size does not fit the attributes, naming both.
    """
    self._check(label_map, instance_map, latents, image_style)
    semantic = semantic_input.semantic_input(
      label_map,
      instance_map,
      num_labels=self.num_labels,
      use_edges=self.use_edges,
      dtype=self.dtype,
    )
    repeats_at = self._repeats(label_map, instance_map)
    styles, position = self._instance_inputs(instance_map, latents)
    x = self._first_features(semantic, image_style)
    height, width = x.shape[1:3]
    for name, channels, upsamples in self._blocks():
      scale = 2 if upsamples else 1
      height, width = scale * height, scale * width
      maps = (semantic, instance_map, position)
      maps = jax.tree.map(
        lambda m, size=(height, width): resample.nearest_down(m, size), maps
      )
      repeats = repeats_at((height, width))
      x = self._block(name, channels, train=train)(x, styles, repeats, *maps)
    x = leaky_relu.leaky_relu(x)
    image = self._conv(3, 'conv_img')(x)
    return jnp.tanh(image.astype(jnp.float32))

  def _check(
    self,
    label_map: jax.Array,
    instance_map: jax.Array,
    latents: jax.Array | None,
    image_style: jax.Array | None,
  ) -> None:
    """Raises ValueError for sizes that do not fit."""
    height, width = self.image_size
    if height % self.stride or width % self.stride:
      raise ValueError(
        f'image_size {height}x{width} must be divisible by the stride '
        f'{self.stride} of upsampling {self.upsampling!r}.'
      )
    batch = label_map.shape[0]
    _check_shape('label_map', label_map, (batch, height, width))
    _check_shape('instance_map', instance_map, (batch, height, width))
    if self.use_instances:
      dim = None if latents is None else latents.shape[-1]
      _check_shape('latents', latents, (batch, self.num_instances, dim))
    if self.image_style_dim:
      _check_shape('image_style', image_style, (batch, self.image_style_dim))

  def _repeats(
    self, label_map: jax.Array, instance_map: jax.Array
  ) -> Callable[[tuple[int, int]], segment_modulation.Repeats | None]:
    """A function of the size, see `segment_modulation.repeats`."""
    num_labels, use_edges = self.num_labels, self.use_edges
    ids = semantic_input.semantic_ids(
      label_map, instance_map, num_labels=num_labels, use_edges=use_edges
    )
    table = semantic_input.semantic_table(
      num_labels=num_labels, use_edges=use_edges
    )
    return lambda size: segment_modulation.repeats(
      resample.nearest_down(ids, size), table, form=self.modulation_form
    )

  def _instance_inputs(
    self, instance_map: jax.Array, latents: jax.Array | None
  ) -> tuple[jax.Array | None, jax.Array | None]:
    """Styles [B, N, S] and positions [B, H, W, 2], or None for either."""
    if not self.use_instances:
      return None, None
    assert latents is not None  # `_check` has refused it.
    styles = mimlp.InstanceStyle(
      self.style_channels, self.dtype, name='instance_style'
    )(latents)
    if not self.use_position_map:
      return styles, None
    position = position_map.relative_position(
      instance_map, num_instances=self.num_instances
    )
    return styles, position

  def _first_features(
    self, semantic: jax.Array, image_style: jax.Array | None
  ) -> jax.Array:
    """[B, H / stride, W / stride, 16 base_channels]."""
    height, width = (side // self.stride for side in self.image_size)
    channels = 16 * self.base_channels
    if not self.image_style_dim:
      semantic = resample.nearest_down(semantic, (height, width))
      return self._conv(channels, 'fc')(semantic)
    x = nn.Dense(
      height * width * channels,
      kernel_init=spectral_conv.gaugan_init,
      dtype=self.dtype,
      name='fc',
    )(image_style)
    return x.reshape(-1, height, width, channels)

  def _blocks(self) -> list[tuple[str, int, bool]]:
    """Name, output channels, and whether the size doubles before it."""
    base = self.base_channels
    blocks = [
      ('head_0', 16 * base, False),
      ('middle_0', 16 * base, True),
      ('middle_1', 16 * base, self.upsampling != 'normal'),
      ('up_0', 8 * base, True),
      ('up_1', 4 * base, True),
      ('up_2', 2 * base, True),
      ('up_3', base, True),
    ]
    if self.upsampling == 'most':
      blocks.append(('up_4', base // 2, True))
    return blocks

  def _block(
    self, name: str, channels: int, *, train: bool
  ) -> Callable[..., jax.Array]:
    """A function of x, styles and maps that applies one block."""
    block = spade.SpadeBlock(
      channels=channels,
      hidden_channels=self.hidden_channels,
      head_kernel_size=self.head_kernel_size,
      modulation_form=self.modulation_form,
      use_spectral_norm=self.use_spectral_norm,
      axis_name=self.axis_name,
      dtype=self.dtype,
      name=name,
    )

    def apply(block, x, styles, repeats, semantic, instance_map, position):
      instances = None
      if styles is not None:
        basis = self._position_basis(position)
        instances = mimlp.Instances(styles, instance_map, basis)
      return block(x, semantic, instances, repeats, train=train)

    if self.remat:
      apply = nn.remat(apply)
    return lambda *inputs: apply(block, *inputs)

  def _position_basis(
    self, position: jax.Array | None
  ) -> position_map.Basis | None:
    if position is None:
      return None
    return position_map.position_basis(
      position,
      num_channels=self.style_channels,
      frequencies=self.position_frequencies,
    )

  def _conv(self, features: int, name: str) -> nn.Conv:
    return nn.Conv(
      features,
      (3, 3),
      padding=1,
      kernel_init=spectral_conv.gaugan_init,
      dtype=self.dtype,
      conv_general_dilated=convolution.of_flax,
      name=name,
    )


def _check_shape(
  name: str, array: jax.Array | None, expected: tuple[int | None, ...]
) -> None:
  shape = None if array is None else array.shape
  if shape != expected:
    raise ValueError(f'{name} is of shape {shape}, but must be {expected}.')
