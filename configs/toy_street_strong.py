"""Toy streets with a stronger training than the paper's: minutes on a CPU.

  python -m instgan_jax.main --config configs/toy_street_strong.py \\
    --workdir runs/toy_strong
"""

import ml_collections

from configs import toy_street


def get_config(method: str = 'lip') -> ml_collections.ConfigDict:
  """The configuration of a method on the toy streets, 'li' or 'lip'."""
  config = toy_street.get_config(method)
  config.model.instance_encoder = True
  config.model.encoder_channels = 32
  return config
