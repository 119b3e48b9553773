"""From a configuration to its generator, for training and for inference."""

from typing import Any

import jax.numpy as jnp
import ml_collections

from data_pipeline import batch as batch_lib
from instgan_jax.build import errors
from instgan_jax.models import generator as generator_lib
from instgan_jax.models import instance_encoder as instance_encoder_lib

DTYPES = {'float32': jnp.float32, 'bfloat16': jnp.bfloat16}


def build(
  config: ml_collections.ConfigDict,
  *,
  axis_name: str | None = None,
  use_spectral_norm: bool = True,
) -> tuple[generator_lib.Generator, tuple[int, int]]:
  """The generator and the shape of an example's latents.

  Args:
    config: of a run.
    axis_name: of the devices, see `models.generator`.
    use_spectral_norm: False for weights into which it is folded.

  Raises:
    InputError: for a value that no generator has.
  """
  model = config.model
  module = generator_lib.Generator(
    num_labels=model.num_labels,
    base_channels=model.base_channels,
    upsampling=model.upsampling,
    image_size=(config.data.height, config.data.width),
    hidden_channels=model.hidden_channels,
    use_edges=model.use_edges,
    use_instances=model.use_instances,
    use_position_map=model.use_position_map,
    num_instances=batch_lib.MAX_INSTANCES,
    style_channels=model.style_channels,
    head_kernel_size=model.head_kernel_size,
    position_frequencies=model.position_frequencies,
    modulation_form=model.modulation_form,
    image_style_dim=model.image_style_dim,
    use_spectral_norm=use_spectral_norm,
    axis_name=axis_name,
    dtype=dtype(config),
    remat=config.remat,
  )
  return module, (batch_lib.MAX_INSTANCES, model.latent_dim)


def instance_encoder(
  config: ml_collections.ConfigDict,
) -> instance_encoder_lib.InstanceEncoder | None:
  """The encoder of instance styles; None where a generator has none."""
  model = config.model
  if not model.instance_encoder:
    return None
  return instance_encoder_lib.InstanceEncoder(
    base_channels=model.encoder_channels,
    latent_dim=model.latent_dim,
    num_instances=batch_lib.MAX_INSTANCES,
    dtype=dtype(config),
  )


def dtype(config: ml_collections.ConfigDict) -> Any:
  """The type that networks compute in; their parameters stay float32.

  Raises:
    InputError: if `config.dtype` is none of `DTYPES`.
  """
  if config.dtype not in DTYPES:
    raise errors.unknown_value('dtype', config.dtype, DTYPES)
  return DTYPES[config.dtype]
