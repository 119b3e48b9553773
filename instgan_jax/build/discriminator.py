"""From a configuration to a discriminator, and to its losses."""

from typing import Any

import ml_collections
from flax import linen as nn

from data_pipeline.errors import InputError
from instgan_jax.build import errors
from instgan_jax.models import (
  discriminator,
  joint_discriminator,
  segmentation_discriminator,
)
from instgan_jax.train import (
  adversary,
  augmentation,
  joint_adversary,
  patch_adversary,
  segmentation_adversary,
)

_JOINT = 'patch+segmentation'
KINDS = ('patch', 'segmentation', _JOINT)


def check(config: ml_collections.ConfigDict) -> None:
  """Raises InputError for what no discriminator could be."""
  fields, size = config.discriminator, (config.data.height, config.data.width)
  if fields.kind not in KINDS:
    raise errors.unknown_value('discriminator.kind', fields.kind, KINDS)
  for kind in augmentation_kinds(config):
    if kind not in augmentation.KINDS:
      raise errors.unknown_value(
        'discriminator.augmentation', kind, augmentation.KINDS
      )
  name = 'segmentation_layers' if fields.kind == _JOINT else 'num_layers'
  if fields.kind != 'patch' and any(side % 2 ** fields[name] for side in size):
    raise InputError(
      f'discriminator.{name} is {fields[name]}, by which a segmentation '
      f'discriminator halves {size[0]}x{size[1]} pixels: expected less.'
    )


def augmentation_kinds(config: ml_collections.ConfigDict) -> tuple[str, ...]:
  """Of `train.augmentation`, in the order of the field."""
  return tuple(filter(None, config.discriminator.augmentation.split(',')))


def build(config: ml_collections.ConfigDict, dtype: Any) -> nn.Module:
  """The module of `discriminator.kind`."""
  fields = config.discriminator
  if fields.kind == 'patch':
    return _patch(config, dtype)
  if fields.kind == 'segmentation':
    return _segmentation(config, fields.base_channels, fields.num_layers, dtype)
  return joint_discriminator.JointDiscriminator(
    patch=_patch(config, dtype),
    segmentation=_segmentation(
      config, fields.segmentation_channels, fields.segmentation_layers, dtype
    ),
  )


def losses(
  config: ml_collections.ConfigDict,
  module: nn.Module,
  *,
  axis_name: str | None,
) -> adversary.Adversary:
  """The losses of the module that `build` gives."""
  if config.discriminator.kind == 'patch':
    return _patch_losses(config, module)
  if config.discriminator.kind == 'segmentation':
    return _segmentation_losses(config, module, axis_name)
  return joint_adversary.JointAdversary(
    patch=_patch_losses(config, module.patch),
    segmentation=_segmentation_losses(config, module.segmentation, axis_name),
    segmentation_weight=config.loss_weights.segmentation,
  )


def _patch(config, dtype) -> nn.Module:
  fields = config.discriminator
  return discriminator.MultiscaleDiscriminator(
    num_labels=config.model.num_labels,
    base_channels=fields.base_channels,
    num_layers=fields.num_layers,
    num_scales=fields.num_scales,
    use_edges=config.model.use_edges,
    dtype=dtype,
  )


def _segmentation(config, base_channels, num_layers, dtype) -> nn.Module:
  return segmentation_discriminator.SegmentationDiscriminator(
    num_labels=config.model.num_labels,
    base_channels=base_channels,
    num_layers=num_layers,
    dtype=dtype,
  )


def _patch_losses(config, module) -> adversary.Adversary:
  return patch_adversary.PatchAdversary(
    module, feature_matching=config.loss_weights.feature_matching
  )


def _segmentation_losses(config, module, axis_name) -> adversary.Adversary:
  return segmentation_adversary.SegmentationAdversary(
    module,
    label_mix=config.loss_weights.label_mix,
    seed=config.seed,
    axis_name=axis_name,
  )
