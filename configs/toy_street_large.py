"""Toy streets of 128x256: the training of the generator that ships.

  python -m instgan_jax.main --config configs/toy_street_large.py \\
    --workdir runs/toy_large
"""

import ml_collections

from configs import toy_street_strong


def get_config() -> ml_collections.ConfigDict:
  """`toy_street_strong` at twice its size, for hours instead of minutes."""
  config = toy_street_strong.get_config()
  config.data.height = 128
  config.data.width = 256
  config.data.num_train = 2048
  config.data.num_val = 64

  # Fewer channels and more pixels: what ships is to be small.
  config.model.base_channels = 12
  config.model.hidden_channels = 48

  # GauGAN's alone: with both, signs get their shapes, but cars are less smooth
  # and roads have specks, see docs/train.md.
  config.discriminator.kind = 'patch'

  config.batch_size = 4
  config.num_steps = 2200
  config.g_learning_rate = 5e-4
  config.ema_decay = 0.998

  config.sample_every_steps = 500
  config.checkpoint_every_steps = 250
  config.eval.every_steps = 1000
  return config
