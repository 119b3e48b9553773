"""Toy streets with a stronger training than the paper's: minutes on a CPU.

  python -m instgan_jax.main --config configs/toy_street_strong.py \\
    --workdir runs/toy_strong
"""

import ml_collections

from configs import toy_street


def get_config(method: str = 'lip') -> ml_collections.ConfigDict:
  """The configuration of a method on the toy streets, 'li' or 'lip'."""
  config = toy_street.get_config(method)
  # Latents of the photograph's own instances in three quarters of the images,
  # which alone are compared with it: cars of one color, single persons in a
  # crowd. With a half, what meets the discriminator alone began to ring.
  config.model.instance_encoder = True
  config.model.encoder_channels = 32
  config.prior_fraction = 0.25
  # Few numbers, each of which has to mean something: of 64 the encoder leaves
  # most to noise, from which the generator then makes rainbows.
  config.model.latent_dim = 8
  config.loss_weights.instance_kl = 0.015
  # OASIS's discriminator beside GauGAN's, a small one: signs, poles and lights
  # get their shapes, since it weighs all classes alike.
  config.discriminator.kind = 'patch+segmentation'
  config.discriminator.segmentation_channels = 16
  config.discriminator.segmentation_layers = 4
  config.loss_weights.label_mix = 5.0
  # Of 4e-3. With 1e-3 some runs ring, by nothing but another rounding.
  config.d_learning_rate = 5e-4
  return config
