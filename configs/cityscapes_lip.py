"""Method L+I+P: L+I plus the position map (Table 1: FID 16.84, mIoU 0.502).

  python -m instgan_jax.main --config configs/cityscapes_lip.py \\
    --workdir runs/cityscapes_lip --config.data.path=/data/cityscapes
"""

import ml_collections

from configs import cityscapes_li


def get_config() -> ml_collections.ConfigDict:
  """The configuration of method L+I+P."""
  config = cityscapes_li.get_config()
  config.model.use_position_map = True
  return config
