"""Method L+I+P on ADE20K, 100 of 150 classes have instances, 256x256.

  python -m instgan_jax.main --config configs/ade20k_lip.py \\
    --workdir runs/ade20k_lip --config.data.path=/data/ade20k
"""

import ml_collections

from configs import ade20k_l


def get_config() -> ml_collections.ConfigDict:
  """The configuration of method L+I+P on ADE20K."""
  config = ade20k_l.get_config()
  config.model.use_instances = True
  config.model.use_position_map = True
  return config
