"""Method L on ADE20K: GauGAN's protocol, 150 classes and the others, 256x256.

Random crops of 256x256 out of images that are stretched to 286x286, batch 32,
200 epochs of which the last 100 decay, on 8 GPUs.

  python -m instgan_jax.main --config configs/ade20k_l.py \\
    --workdir runs/ade20k_l --config.data.path=/data/ade20k
"""

import ml_collections

from configs import coco_l


def get_config() -> ml_collections.ConfigDict:
  """The configuration of method L on ADE20K."""
  config = coco_l.get_config()
  config.data.source = 'folder'
  config.data.path = 'data/ade20k'
  config.model.num_labels = 151
  config.num_epochs = 200
  config.decay_fraction = 0.5
  return config
