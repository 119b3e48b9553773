"""From a configuration to a segmenter's network and optimizer."""

import ml_collections
import optax

from data_pipeline.errors import InputError
from instgan_jax.build import data, errors, label_table, ranges
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
  ranges.check(config, ranges.SEGMENTER, 'instgan_jax.train_segmenter')
  devices.check_batch_size(config.batch_size)
  data.check_loader(config)
  if not 0.0 < config.min_scale <= config.max_scale:
    raise InputError(
      f'min_scale is {config.min_scale} and max_scale {config.max_scale}: '
      'expected 0 < min_scale <= max_scale, both 1.0 for no scaled crops.'
    )
  for key, length in (('stage_blocks', 4), ('stem_channels', 3)):
    values = config.model[key]
    if len(values) != length or min(values) < 1:
      raise InputError(
        f'model.{key} is {values}, expected {length} numbers of 1 and more.'
      )
  if config.optimizer not in _OPTIMIZERS:
    raise errors.unknown_value('optimizer', config.optimizer, _OPTIMIZERS)


def options(config: ml_collections.ConfigDict) -> dict:
  """The fields of `PspNet` that its weights depend on."""
  fields = {key: config.model[key] for key in _OPTIONS}
  return {'num_classes': len(label_table.of(config).evaluated), **fields}


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
  """Height and width to which images are resized."""
  return config.model.height, config.model.width


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
