"""Conversion of public PSPNet weights (PyTorch) for `pretrained.pspnet`.

Two families are known: that of the semseg release and that of mmsegmentation.
The family, the depth and the widths are read from the names and shapes.
"""

import itertools
import re
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from data_pipeline.errors import InputError
from instgan_jax.pretrained import pspnet
from instgan_jax.weights import matching

StateDict = Mapping[str, np.ndarray]

# By family: the options that the shapes do not determine.
FAMILIES = {
  'semseg': {'contract_dilation': False, 'align_corners': True},
  'mmsegmentation': {'contract_dilation': True, 'align_corners': False},
}
# The heads that only training uses, and PyTorch's counters.
_UNUSED = re.compile(r'(aux|auxiliary_head)\..*|.*\.num_batches_tracked')


def family(state_dict: StateDict) -> str:
  """Recognizes the family by the name of the first convolution.

  Args:
    state_dict: arrays by their public names.

  Returns:
    'semseg' or 'mmsegmentation'.

  Raises:
    InputError: if it is neither.
  """
  for name in FAMILIES:
    if f'{public_name(name, ("stem_0", "conv"))}.weight' in state_dict:
      return name
  raise InputError(
    'The state dict is of no known PSPNet: expected layer0.0.weight (the '
    'semseg release) or backbone.stem.0.weight (mmsegmentation); its names '
    f'begin with {sorted(state_dict)[:3]}.'
  )


def pspnet_options(state_dict: StateDict) -> dict:
  """Reads the fields of `PspNet` from the names and shapes.

  Args:
    state_dict: arrays by their public names.

  Raises:
    InputError: if an array from which they are read is missing.
  """
  name = family(state_dict)

  def out_channels(*modules: str) -> int:
    key = f'{public_name(name, modules)}.weight'
    if key not in state_dict:
      raise InputError(
        f'The state dict has no {key}, from which the architecture is read.'
      )
    return np.shape(state_dict[key])[0]

  def num_blocks(stage: int) -> int:
    def has(block: int) -> bool:
      modules = (f'stage_{stage}_block_{block}', 'conv_1', 'conv')
      return f'{public_name(name, modules)}.weight' in state_dict

    return next(block for block in itertools.count() if not has(block))

  return {
    'num_classes': out_channels('head_classifier'),
    'stage_blocks': tuple(num_blocks(stage) for stage in range(1, 5)),
    'stem_channels': tuple(out_channels(f'stem_{i}', 'conv') for i in range(3)),
    'base_channels': out_channels('stage_1_block_0', 'conv_1', 'conv'),
    'pyramid_channels': out_channels('head', 'conv'),
    **FAMILIES[name],
  }


def pspnet_variables(state_dict: StateDict) -> dict:
  """Converts a PSPNet; its auxiliary head may be missing.

  Args:
    state_dict: arrays by their public names.

  Returns:
    {'params', 'batch_stats'} for `PspNet(**pspnet_options(state_dict))`.

  Raises:
    InputError: listing every missing, extra or misshapen name.
  """
  name = family(state_dict)
  network = pspnet.PspNet(**pspnet_options(state_dict))
  variables = jax.eval_shape(
    network.init, jax.random.key(0), jnp.zeros((1, 65, 65, 3))
  )
  return matching.convert(
    state_dict,
    matching.entries_of(variables, lambda modules: public_name(name, modules)),
    network=f'PSPNet of {name}',
    unused=lambda key: _UNUSED.fullmatch(key) is not None,
  )


def public_name(name: str, modules: tuple[str, ...]) -> str:
  """The public name of our nested modules."""
  ours = '/'.join(modules)
  for pattern, public in _RULES[name]:
    if match := re.fullmatch(pattern, ours):
      return match.expand(public)
  raise KeyError(ours)


def _backbone_rules(prefix: str, stem: str) -> tuple[tuple[str, str], ...]:
  """Patterns of our names, and the public ones."""
  block = r'stage_(\d)_block_(\d+)'
  return (
    *(
      (f'stem_{i}/{part}', f'{prefix}{stem}.{3 * i + offset}')
      for i in range(3)
      for offset, part in enumerate(('conv', 'bn'))
    ),
    (block + r'/conv_(\d)/(conv|bn)', prefix + r'layer\1.\2.\4\3'),
    (block + '/projection/conv', prefix + r'layer\1.\2.downsample.0'),
    (block + '/projection/bn', prefix + r'layer\1.\2.downsample.1'),
  )


_RULES = {
  'semseg': (
    *_backbone_rules('', 'layer0'),
    (r'pyramid_(\d)/conv', r'ppm.features.\1.1'),
    (r'pyramid_(\d)/bn', r'ppm.features.\1.2'),
    ('head/conv', 'cls.0'),
    ('head/bn', 'cls.1'),
    ('head_classifier', 'cls.4'),
  ),
  'mmsegmentation': (
    *_backbone_rules('backbone.', 'stem'),
    (r'pyramid_(\d)/(conv|bn)', r'decode_head.psp_modules.\1.1.\2'),
    ('head/(conv|bn)', r'decode_head.bottleneck.\1'),
    ('head_classifier', 'decode_head.conv_seg'),
  ),
}
