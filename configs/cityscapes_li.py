"""Method L+I: GauGAN plus instances (Table 1: FID 16.26, mIoU 0.479).

  python -m instgan_jax.main --config configs/cityscapes_li.py \\
    --workdir runs/cityscapes_li --config.data.path=/data/cityscapes
"""

import ml_collections

from configs import cityscapes_l


def get_config() -> ml_collections.ConfigDict:
  """The configuration of method L+I."""
  config = cityscapes_l.get_config()
  config.model.use_instances = True
  return config
