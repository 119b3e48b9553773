"""A PSPNet of a few channels with random weights, as train_segmenter saves."""

import json

import jax
import numpy as np

from instgan_jax.checkpoints import weights_folder
from instgan_jax.pretrained import pspnet

OPTIONS = {
  'num_classes': 19,
  'stage_blocks': (1, 1, 1, 1),
  'stem_channels': (2, 2, 4),
  'base_channels': 2,
  'pyramid_channels': 4,
  'contract_dilation': True,
  'align_corners': False,
}


def save(folder, *, size=(32, 64), labels=None, **changes):
  """Writes the weights and their metadata; returns the folder."""
  options = OPTIONS | changes
  network = pspnet.PspNet(**options)
  image = np.zeros((1, 33, 65, 3), np.float32)
  shapes = jax.eval_shape(network.init, jax.random.key(0), image)
  rng = np.random.default_rng(0)

  def sample(leaf):
    if len(leaf.shape) == 4:  # A kernel.
      scale = np.prod(leaf.shape[:3]) ** -0.5
      return rng.normal(0.0, scale, leaf.shape).astype(leaf.dtype)
    return rng.uniform(0.5, 1.0, leaf.shape).astype(leaf.dtype)

  weights = jax.tree.map(sample, shapes)
  protocol = {'size': size, 'crop': None, 'flip': False, 'scales': (1.0,)}
  metadata = {'network': 'pspnet', 'options': options, 'protocol': protocol}
  if labels is not None:
    metadata['labels'] = labels
  weights_folder.save(
    folder,
    {'pspnet': weights},
    {weights_folder.METADATA_FILE: json.dumps(metadata)},
  )
  return str(folder)
