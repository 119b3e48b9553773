"""The fields that a configuration must have, and the numbers they may be."""

import math
from collections.abc import Mapping

import ml_collections

from data_pipeline.errors import InputError

# Seeds are 32 bits wide; beyond so many pixels nothing can be trained.
_SEED, _PIXELS = '[0, 4294967296)', '[1, 16384]'
_COUNT, _COUNT_OR_0, _WEIGHT = '[1, inf)', '[0, inf)', '[0, inf)'

# What scenes depend on.
SCENES = {
  'seed': _SEED,
  'data.seed': _SEED,
  'data.height': _PIXELS,
  'data.width': _PIXELS,
  'data.num_threads': '[1, 1024]',
  'data.num_train': _COUNT_OR_0,
  'data.num_val': _COUNT_OR_0,
}
_OF_ALL = SCENES | {
  'model.base_channels': _COUNT,
  'num_epochs': _COUNT_OR_0,
  'num_steps': _COUNT_OR_0,
  'log_every_steps': _COUNT,
  'checkpoint_every_steps': _COUNT,
  'keep_checkpoints': _COUNT,
  'keep_every_steps': _COUNT_OR_0,
}
# Of `instgan_jax.main`, in the notation of intervals.
GAN = _OF_ALL | {
  'model.hidden_channels': _COUNT,
  'model.latent_dim': _COUNT,
  'model.style_channels': _COUNT,
  'model.head_kernel_size': _COUNT,
  'model.image_style_dim': _COUNT_OR_0,
  'model.encoder_channels': _COUNT,
  'discriminator.base_channels': _COUNT,
  'discriminator.num_layers': _COUNT,
  'discriminator.num_scales': _COUNT,
  'discriminator.segmentation_channels': _COUNT,
  'discriminator.segmentation_layers': _COUNT,
  'decay_fraction': '[0, 1]',
  'g_learning_rate': _WEIGHT,
  'd_learning_rate': _WEIGHT,
  'adam_b1': '[0, 1)',
  'adam_b2': '[0, 1)',
  'loss_weights.feature_matching': _WEIGHT,
  'loss_weights.perceptual': _WEIGHT,
  'loss_weights.kl': _WEIGHT,
  'loss_weights.instance_kl': _WEIGHT,
  'loss_weights.l1': _WEIGHT,
  'loss_weights.label_mix': _WEIGHT,
  'loss_weights.segmentation': _WEIGHT,
  'loss_weights.diversity': _WEIGHT,
  'prior_fraction': '[0, 1)',
  'ema_decay': '[0, 1)',
  'sample_every_steps': _COUNT,
}
# Of `instgan_jax.train_segmenter`.
SEGMENTER = _OF_ALL | {
  'model.pyramid_channels': _COUNT,
  'model.dropout_rate': '[0, 1)',
  'model.height': _PIXELS,
  'model.width': _PIXELS,
  'learning_rate': _WEIGHT,
  'weight_decay': _WEIGHT,
  'poly_power': _WEIGHT,
  'auxiliary_weight': _WEIGHT,
  'eval_every_steps': _COUNT,
}


def check(
  config: ml_collections.ConfigDict, ranges: Mapping[str, str], program: str
) -> None:
  """Checks the numbers of a configuration.

  Args:
    config: of a run.
    ranges: interval by field, `SCENES`, `GAN` or `SEGMENTER`.
    program: that the configuration is for.

  Raises:
    InputError: naming the first field that is missing or not in its interval.
  """
  for key, interval in ranges.items():
    value = _field(config, key)
    if value is None:
      raise InputError(
        f'The configuration has no {key}, so that it is none of {program}: '
        'name another one as --config.'
      )
    if not _is_in(value, interval):
      raise InputError(f'{key} is {value}, expected a number in {interval}.')


def _field(config: ml_collections.ConfigDict, key: str):
  group, _, name = key.rpartition('.')
  return (config.get(group, {}) if group else config).get(name)


def _is_in(value: float, interval: str) -> bool:
  least, most = map(float, interval[1:-1].split(','))
  below = value <= most if interval.endswith(']') else value < most
  return math.isfinite(value) and least <= value and below
