"""A small PSPNet on the real toy streets: minutes on a CPU.

  python -m instgan_jax.train_segmenter --config configs/toy_segmenter.py \\
    --workdir runs/toy_segmenter
"""

import ml_collections

from configs import cityscapes_segmenter, toy_street


def get_config() -> ml_collections.ConfigDict:
  """The configuration of a segmenter for configs/toy_street.py."""
  config = cityscapes_segmenter.get_config()
  config.data = toy_street.get_config().data
  config.model.stage_blocks = (1, 1, 2, 1)
  config.model.stem_channels = (16, 16, 32)
  config.model.base_channels = 16
  config.model.pyramid_channels = 64
  # Twice the size of the images: persons are smaller than the stride of 8.
  config.model.height = 128
  config.model.width = 256

  config.batch_size = 4
  config.num_epochs = 0
  config.num_steps = 800
  config.optimizer = 'adam'
  config.learning_rate = 3e-3
  config.min_scale = config.max_scale = 1.0
  config.log_every_steps = 20
  config.eval_every_steps = 400
  config.checkpoint_every_steps = 200
  return config
