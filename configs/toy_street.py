"""Toy streets: procedural scenes, minutes on a CPU.

The method is the argument: `configs/toy_street.py:lip` (the default), `:li`
or `:l`.

  python -m instgan_jax.main --config configs/toy_street.py \\
    --workdir runs/toy_street
"""

import ml_collections

from configs import cityscapes_l, cityscapes_li, cityscapes_lip

METHODS = {'l': cityscapes_l, 'li': cityscapes_li, 'lip': cityscapes_lip}


def get_config(method: str = 'lip') -> ml_collections.ConfigDict:
  """The configuration of a method on the toy streets."""
  if method not in METHODS:
    raise ValueError(
      f'unknown method {method!r}, expected one of {", ".join(METHODS)}.'
    )
  config = METHODS[method].get_config()
  config.data.source = 'toy_street'
  config.data.path = ''
  config.data.height = 64
  config.data.width = 128
  config.data.loader = 'in_memory'
  config.data.num_train = 512
  config.data.num_val = 32

  config.model.base_channels = 16
  config.model.hidden_channels = 64
  config.model.upsampling = 'normal'
  config.discriminator.base_channels = 32
  config.discriminator.num_layers = 3

  # A short run: many small batches, high rates, and less of the feature
  # matching that pulls every instance toward the mean of the colors.
  config.batch_size = 2
  config.num_epochs = 0
  config.num_steps = 1000
  config.g_learning_rate = 1e-3
  config.d_learning_rate = 4e-3
  config.loss_weights.feature_matching = 4.0
  config.ema_decay = 0.98
  config.share_generator_forward = True
  config.fast_compilation = True

  config.log_every_steps = 20
  config.sample_every_steps = 250
  config.checkpoint_every_steps = 250
  config.sample_scenes = (20, 23, 29, 26)  # Cars, persons, a crowd.
  config.eval.metrics = 'micv'
  config.eval.every_steps = 250
  config.eval.num_scenes = 32
  return config
