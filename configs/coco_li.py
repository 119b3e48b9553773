"""Method L+I on COCO, 133 classes, 256x256.

  python -m instgan_jax.main --config configs/coco_li.py \\
    --workdir runs/coco_li --config.data.path=/data/coco
"""

import ml_collections

from configs import coco_l


def get_config() -> ml_collections.ConfigDict:
  """The configuration of method L+I on COCO."""
  config = coco_l.get_config()
  config.model.use_instances = True

  return config
