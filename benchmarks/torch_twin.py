"""GauGAN in PyTorch, in its best form on the device, beside ours.

Channels last everywhere; on a GPU also compiled networks, automatic mixed
precision where bfloat16 is asked for, and TF32. The networks and the step are
those that the tests compare with ours (`benchmarks/twins`). The one-hot labels
are made beforehand, which ours makes in every step.
"""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import ml_collections
import numpy as np
import torch

from benchmarks.twins import (
  gaugan_discriminator,
  gaugan_generator,
  gaugan_step,
  torch_arrays,
  vgg19,
)
from data_pipeline import batch as batch_lib
from instgan_jax.models import semantic_input
from instgan_jax.runtime import image_range


def networks(
  config: ml_collections.ConfigDict, *, use_vgg19: bool = False
) -> dict[str, Any]:
  """Those of method L by name, of random weights."""
  model, patches = config.model, config.discriminator
  input_channels = model.num_labels + model.use_edges
  built = {
    'generator': gaugan_generator.Generator(
      input_channels=input_channels,
      base=model.base_channels,
      hidden=model.hidden_channels,
      image_size=(config.data.height, config.data.width),
      upsampling=model.upsampling,
    ),
    'discriminator': gaugan_discriminator.Discriminator(
      input_channels=input_channels + 3,
      base=patches.base_channels,
      num_layers=patches.num_layers,
      num_scales=patches.num_scales,
    ),
  }
  if use_vgg19:
    built['vgg19'] = vgg19.Vgg19().requires_grad_(False)
  for seed, network in enumerate(built.values()):
    weights = torch_arrays.random_weights(network, seed=seed)
    torch_arrays.load(network, weights)
  return built


def has_gpu() -> bool:
  """Whether PyTorch has one."""
  return torch.cuda.is_available()


class TorchTwin:
  """The twin of `our_gan.OurGan`, for method L."""

  def __init__(
    self,
    config: ml_collections.ConfigDict,
    batch: Mapping[str, np.ndarray],
    modules: Mapping[str, Any],
    *,
    compiled: bool | None = None,
  ):
    """Compiles nothing yet.

    Args:
      config: of method L without style encoder.
      batch: of scenes of its size.
      modules: of `networks`, which are moved and updated. With VGG19 there
        is a perceptual loss.
      compiled: whether by torch.compile; on a GPU if not given.
    """
    self._device = 'cuda' if has_gpu() else 'cpu'
    self._uses_bfloat16 = config.dtype == 'bfloat16'
    if has_gpu():
      torch.set_float32_matmul_precision('high')
      torch.backends.cudnn.benchmark = True
    self._labels = self._put(
      semantic_input.semantic_input(
        jnp.asarray(batch[batch_lib.LABEL_MAP]),
        jnp.asarray(batch[batch_lib.INSTANCE_MAP]),
        num_labels=config.model.num_labels,
        use_edges=config.model.use_edges,
      )
    )
    image = jnp.asarray(batch[batch_lib.IMAGE])
    self._image = self._put(image_range.normalize(image))
    placed = {
      name: module.to(self._device, memory_format=torch.channels_last)
      for name, module in modules.items()
    }
    if has_gpu() if compiled is None else compiled:
      for module in placed.values():
        module.compile()
    self._generator = placed['generator'].train()
    self._step = gaugan_step.Step(
      self._generator,
      placed['discriminator'],
      features=placed.get('vgg19'),
    )

  def generate(self) -> None:
    """Images in training mode."""
    with self._precision(), torch.no_grad():
      self._generator(self._labels)
    self._wait()

  def differentiate(self) -> None:
    """The gradients of the mean square of the images."""
    self._generator.zero_grad()
    with self._precision():
      loss = self._generator(self._labels).float().square().mean()
    loss.backward()
    self._wait()

  def update(self) -> dict[str, float]:
    """One iteration; returns its losses."""
    with self._precision():
      losses = self._step(self._labels, self._image)
    self._wait()
    return {name: loss.item() for name, loss in losses.items()}

  def _precision(self):
    return torch.autocast(
      self._device, dtype=torch.bfloat16, enabled=self._uses_bfloat16
    )

  def _put(self, array: Any) -> torch.Tensor:
    tensor = torch_arrays.to_tensor(np.asarray(array))
    return tensor.to(self._device, memory_format=torch.channels_last)

  def _wait(self) -> None:
    if self._device == 'cuda':
      torch.cuda.synchronize()
