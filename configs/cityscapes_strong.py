"""L+I+P with a stronger training than the paper's, on Cityscapes.

  python -m instgan_jax.main --config configs/cityscapes_strong.py \\
    --workdir runs/cityscapes_strong --config.data.path=/data/cityscapes
"""

import ml_collections

from configs import cityscapes_lip


def get_config() -> ml_collections.ConfigDict:
  """The recipe of the toy streets, not yet measured on Cityscapes."""
  config = cityscapes_lip.get_config()
  # Latents of the photograph's own instances in half of the batch, which alone
  # is compared with the photograph: instances keep colors of their own.
  config.model.instance_encoder = True
  # OASIS's discriminator beside GauGAN's weighs all classes alike: small ones
  # get their shapes. Its label_mix on Cityscapes.
  config.discriminator.kind = 'patch+segmentation'
  config.discriminator.segmentation_channels = 64
  config.loss_weights.label_mix = 5.0
  config.ema_decay = 0.999
  return config
