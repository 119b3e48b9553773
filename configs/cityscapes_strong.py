"""L+I+P with a stronger training than the paper's, on Cityscapes.

  python -m instgan_jax.main --config configs/cityscapes_strong.py \\
    --workdir runs/cityscapes_strong --config.data.path=/data/cityscapes
"""

import ml_collections

from configs import cityscapes_lip


def get_config() -> ml_collections.ConfigDict:
  """The configuration of L+I+P with an instance encoder."""
  config = cityscapes_lip.get_config()
  # Latents of the photograph's own instances in half of the batch, which alone
  # is compared with the photograph: instances keep colors of their own.
  config.model.instance_encoder = True
  config.ema_decay = 0.999
  return config
