"""Method L on COCO: GauGAN's protocol with 133 panoptic classes, 256x256.

GauGAN trained on COCO-Stuff, whose 182 classes are others: random crops of
256x256 out of images that are stretched to 286x286, batch 32, 100 epochs at a
constant rate, on 8 GPUs.

  python -m instgan_jax.main --config configs/coco_l.py \\
    --workdir runs/coco_l --config.data.path=/data/coco
"""

import ml_collections

from configs import cityscapes_l


def get_config() -> ml_collections.ConfigDict:
  """The configuration of method L on COCO."""
  config = cityscapes_l.get_config()
  config.data.source = 'panoptic'
  config.data.path = 'data/coco'
  config.data.height = 256
  config.data.width = 256
  config.data.load_height = 286
  config.data.load_width = 286
  config.model.num_labels = 201  # The largest category is 200, and the void 0.
  config.model.upsampling = 'normal'
  config.batch_size = 32
  config.num_epochs = 100
  config.decay_fraction = 0.0
  return config
