"""PSPNet-101 on Cityscapes' real images, for mIoU.

The public weights (instgan_jax.import_torch --network pspnet) are what papers
evaluate with; this is for another size, other data or one's own network. SGD
and the poly schedule of arXiv:1612.01105, with its scaled crops, but from
random weights, which cost points against its start from ImageNet's.

  python -m instgan_jax.train_segmenter \\
    --config configs/cityscapes_segmenter.py --workdir runs/segmenter \\
    --config.data.path=/data/cityscapes
"""

import ml_collections

from configs import cityscapes_l


def get_config() -> ml_collections.ConfigDict:
  """The configuration of a segmenter for Cityscapes."""
  config = ml_collections.ConfigDict()
  config.seed = 0
  config.data = cityscapes_l.get_config().data
  config.data.height = 512
  config.data.width = 1024

  # Fields of pretrained.pspnet.PspNet.
  config.model = ml_collections.ConfigDict()
  config.model.stage_blocks = (3, 4, 23, 3)
  config.model.stem_channels = (32, 32, 64)
  config.model.base_channels = 64
  config.model.pyramid_channels = 512
  config.model.contract_dilation = True
  config.model.align_corners = False
  config.model.dropout_rate = 0.1
  # To which images are resized before they are segmented.
  config.model.height = 512
  config.model.width = 1024

  config.batch_size = 16
  config.num_epochs = 200
  config.num_steps = 0  # Instead of epochs.
  config.optimizer = 'sgd'  # With momentum 0.9; or 'adam'.
  config.learning_rate = 0.01
  config.weight_decay = 1e-4
  config.poly_power = 0.9  # The rate falls as (1 - step / num_steps)^power.
  config.auxiliary_weight = 0.4  # Of the loss of the head on the third stage.

  # Random zoom of the training images, which stay of one size; 1.0: none.
  config.min_scale = 0.5
  config.max_scale = 2.0

  config.log_every_steps = 100
  config.eval_every_steps = 5000
  config.checkpoint_every_steps = 1000
  config.keep_checkpoints = 2
  config.keep_every_steps = 0
  return config
