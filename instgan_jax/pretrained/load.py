"""The frozen networks: from a folder of imported weights to a function.

A folder is what `instgan_jax.import_torch` writes, or the working folder of
`instgan_jax.train_segmenter`.
"""

import hashlib
import json
import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import weights_folder
from instgan_jax.pretrained import inception, pspnet, vgg19

Variables = Any
# Where a trained segmenter's weights lie in its working folder.
TRAINED_FOLDER = 'weights'


class Frozen(NamedTuple):
  """A network with its weights.

  Attributes:
    network: the module.
    variables: its weights, numpy arrays.
    sha256: of the weights, to tell results of different ones apart.
  """

  network: nn.Module
  variables: Variables
  sha256: str


def load_vgg19(folder: str, dtype: jnp.dtype | None = None) -> Frozen:
  """VGG19; raises InputError naming every array that is not as expected."""
  network = vgg19.Vgg19(dtype=dtype)
  return _load(folder, 'vgg19', lambda options: network, (16, 16))


def load_inception(folder: str) -> Frozen:
  """FID's Inception; raises as `load_vgg19`."""
  network = inception.Inception()
  size = inception.IMAGE_SIZE
  return _load(folder, 'inception', lambda options: network, size)


def load_pspnet(folder: str) -> Frozen:
  """A PSPNet with the architecture that was imported or trained.

  Raises:
    InputError: naming every array that is not as expected.
  """

  def build(options: dict) -> pspnet.PspNet:
    try:
      return pspnet.PspNet(
        **{
          key: tuple(value) if isinstance(value, list) else value
          for key, value in options.items()
        }
      )
    except TypeError as error:
      raise InputError(
        f'{folder}/{weights_folder.WEIGHTS_FILE} has options that no PSPNet has: '
        f'{error}. Import the weights again.'
      ) from error

  return _load(folder, 'pspnet', build, (65, 65))


def about(folder: str) -> dict:
  """What a folder of weights says of them.

  Raises:
    InputError: if it says nothing.
  """
  file = _weights_folder(folder) / weights_folder.WEIGHTS_FILE
  try:
    return dict(json.loads(file.read_text()))
  except (OSError, ValueError, TypeError) as error:
    raise InputError(
      f'{file} cannot be read ({error}): it says which architecture the '
      'weights have. Import them again.'
    ) from error


def _load(
  folder: str,
  name: str,
  build: Callable[[dict], nn.Module],
  image_size: tuple[int, int],
) -> Frozen:
  path = _weights_folder(folder)
  tree = weights_folder.restore_tree(path)
  if name not in tree:
    raise InputError(
      f'{folder} holds weights of {", ".join(sorted(tree))}, expected {name}. '
      f'Make them with python -m instgan_jax.import_torch --network {name}.'
    )
  network = build(about(folder).get('options', {}))
  wanted = jax.eval_shape(
    network.init, jax.random.key(0), jnp.zeros((1, *image_size, 3))
  )
  variables = tree[name]
  if wrong := weights_folder.differences(variables, wanted):
    raise InputError(
      f'{folder} does not hold the weights of {name}:\n  '
      + '\n  '.join(wrong)
      + f'\nMake it with python -m instgan_jax.import_torch --network {name}.'
    )
  return Frozen(network, variables, tree_sha256(variables))


def tree_sha256(tree: Variables) -> str:
  """SHA-256 over the names, shapes and bytes of all arrays of a tree."""
  digest = hashlib.sha256()
  for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
    leaf = jax.device_get(leaf)
    digest.update(f'{jax.tree_util.keystr(path)} {leaf.shape}'.encode())
    digest.update(leaf.tobytes())
  return digest.hexdigest()


def _weights_folder(folder: str) -> pathlib.Path:
  path = pathlib.Path(folder)
  inner = path / TRAINED_FOLDER
  return inner if inner.is_dir() else path
