"""Pretrained networks, which are not trained further, from their folders.

A folder is what `instgan_jax.import_torch` writes, or the workdir of
`instgan_jax.train_segmenter`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import tree as tree_lib
from instgan_jax.checkpoints import weights_folder
from instgan_jax.pretrained import inception as inception_lib
from instgan_jax.pretrained import pspnet as pspnet_lib
from instgan_jax.pretrained import vgg19 as vgg19_lib


class Network(NamedTuple):
  """A network with its weights.

  Attributes:
    module: the Flax module.
    variables: its weights, numpy arrays.
    sha256: of the weights, to tell results of different ones apart.
  """

  module: Any
  variables: Any
  sha256: str


def vgg19(folder: str, dtype: Any = None) -> Network:
  """VGG19, computing in `dtype`.

  Raises:
    InputError: naming every array that is not as expected.
  """
  module = vgg19_lib.Vgg19(dtype=dtype)
  return _load(folder, 'vgg19', lambda options: module, (16, 16))


def inception(folder: str) -> Network:
  """FID's Inception.

  Raises:
    InputError: naming every array that is not as expected.
  """
  module = inception_lib.Inception()
  size = inception_lib.IMAGE_SIZE
  return _load(folder, 'inception', lambda options: module, size)


def pspnet(folder: str) -> Network:
  """A PSPNet with the architecture that was imported or trained.

  Raises:
    InputError: naming every array that is not as expected.
  """

  def build(options: dict) -> pspnet_lib.PspNet:
    try:
      fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in options.items()
      }
      return pspnet_lib.PspNet(**fields)
    except TypeError as error:
      file = weights_folder.METADATA_FILE
      raise InputError(
        f'{folder}/{file} has options that no PSPNet has: {error}. Import the '
        'weights again.'
      ) from error

  return _load(folder, 'pspnet', build, (65, 65))


def _load(
  folder: str,
  name: str,
  build: Callable[[dict], nn.Module],
  image_size: tuple[int, int],
) -> Network:
  tree = weights_folder.restore(weights_folder.locate(folder))
  if name not in tree:
    raise InputError(
      f'{folder} holds weights of {", ".join(sorted(tree))}, expected {name}. '
      f'Make them with python -m instgan_jax.import_torch --network {name}.'
    )
  module = build(weights_folder.metadata(folder).get('options', {}))
  expected = jax.eval_shape(
    module.init, jax.random.key(0), jnp.zeros((1, *image_size, 3))
  )
  variables = tree[name]
  if wrong := tree_lib.differences(variables, expected):
    raise InputError(
      f'{folder} does not hold the weights of {name}:\n  '
      + '\n  '.join(wrong)
      + f'\nMake it with python -m instgan_jax.import_torch --network {name}.'
    )
  return Network(module, variables, tree_lib.sha256(variables))
