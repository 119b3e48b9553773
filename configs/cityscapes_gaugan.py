"""GauGAN as it was released: method L plus instance edges, 36 input channels.

The published weights of GauGAN for Cityscapes fit this model. The paper's
three methods do not use the edges.

  python -m instgan_jax.main --config configs/cityscapes_gaugan.py \\
    --workdir runs/cityscapes_gaugan --config.data.path=/data/cityscapes
"""

import ml_collections

from configs import cityscapes_l


def get_config() -> ml_collections.ConfigDict:
  """The configuration of GauGAN's released Cityscapes model."""
  config = cityscapes_l.get_config()
  config.model.use_edges = True
  return config
