"""Configuration of a segmenter -> network, optimizer, schedule."""

import ml_collections
import optax

from data_pipeline.errors import InputError
from instgan_jax.build import data
from instgan_jax.evaluation import miou, segmenter_protocol
from instgan_jax.pretrained import pspnet
from instgan_jax.runtime import devices

_OPTIMIZERS = {
  'sgd': lambda rate: optax.sgd(rate, momentum=0.9),
  'adam': optax.adam,
}
_OPTIONS = (
  'stage_blocks',
  'stem_channels',
  'base_channels',
  'pyramid_channels',
  'contract_dilation',
  'align_corners',
)


def check(config: ml_collections.ConfigDict) -> None:
  """Raises InputError for values that no run could use."""
  devices.check_batch_size(config.batch_size)
  if config.data.loader not in data.LOADERS:
    raise InputError(
      f'data.loader is {config.data.loader!r}, expected one of '
      f'{", ".join(data.LOADERS)}.'
    )
  if not 0.0 < config.min_scale <= config.max_scale:
    raise InputError(
      f'min_scale is {config.min_scale} and max_scale {config.max_scale}: '
      'expected 0 < min_scale <= max_scale, both 1.0 for no scaled crops.'
    )
  if config.optimizer not in _OPTIMIZERS:
    raise InputError(
      f'optimizer is {config.optimizer!r}, expected one of '
      f'{", ".join(_OPTIMIZERS)}.'
    )
  for key in ('log_every_steps', 'eval_every_steps', 'checkpoint_every_steps'):
    if config[key] < 1:
      raise InputError(f'{key} is {config[key]}, it must be at least 1.')


def options(config: ml_collections.ConfigDict) -> dict:
  """The fields of `PspNet` that its weights depend on."""
  fields = {key: config.model[key] for key in _OPTIONS}
  return {'num_classes': len(miou.EVALUATED), **fields}


def network(
  config: ml_collections.ConfigDict,
  *,
  train: bool,
  axis_name: str | None = None,
) -> pspnet.PspNet:
  """The network, with its auxiliary head in training."""
  return pspnet.PspNet(
    **options(config),
    dropout_rate=config.model.dropout_rate,
    use_auxiliary=train,
    axis_name=axis_name,
  )


def size(config: ml_collections.ConfigDict) -> tuple[int, int]:
  """Height and width to which images are brought."""
  return config.model.height, config.model.width


def protocol(
  config: ml_collections.ConfigDict,
) -> segmenter_protocol.Protocol:
  """How the trained network looks at pictures: whole, at its own size."""
  return segmenter_protocol.whole(size(config))


def optimizer(
  config: ml_collections.ConfigDict, num_steps: int
) -> optax.GradientTransformation:
  """Decayed weights, then SGD or Adam with the poly schedule."""
  rate = optax.polynomial_schedule(
    init_value=config.learning_rate,
    end_value=0.0,
    power=config.poly_power,
    transition_steps=num_steps,
  )
  return optax.chain(
    optax.add_decayed_weights(config.weight_decay),
    _OPTIMIZERS[config.optimizer](rate),
  )
