"""Imports public PyTorch weights: `instgan_jax.import_torch`.

The folder is an Orbax checkpoint of {network: variables} with `weights.json`
beside it: what was imported, from which files, with which architecture. For
GauGAN also `config.json`, as a training workdir has it.
"""

import copy
import json
import pathlib
from collections.abc import Mapping

import jax
import ml_collections
import numpy as np
import optax

from data_pipeline.errors import InputError
from instgan_jax.build import gan
from instgan_jax.checkpoints import checksums, run_config, weights_folder
from instgan_jax.models import generator
from instgan_jax.train import step as step_lib
from instgan_jax.train import warm_start
from instgan_jax.weights import gaugan, inception, pspnet, state_dict, vgg19

StateDict = Mapping[str, np.ndarray]
# Input channels of the released generators: labels, whether edges follow.
_KNOWN_INPUTS = {
  35: (35, False),  # Cityscapes.
  36: (35, True),
  151: (151, False),  # ADE20K, the last label for the unknown.
  184: (183, True),  # COCO-Stuff, likewise.
}


def import_pretrained(
  network: str, source: pathlib.Path, output: pathlib.Path
) -> str:
  """Imports 'inception', 'pspnet' or 'vgg19' from the file `source`.

  Returns:
    A line that says what was imported.

  Raises:
    InputError: if the file is not that network, with every name that differs,
      or if `output` exists.
  """
  weights = state_dict.read(source)
  options = {}
  if network == 'inception':
    variables = inception.inception_variables(weights)
  elif network == 'pspnet':
    options = pspnet.pspnet_options(weights)
    variables = pspnet.pspnet_variables(weights)
  else:
    variables = vgg19.vgg19_variables(weights)
  _save(output, {network: variables}, network, [source], options)
  return f'{network}: {_millions(variables)} parameters. Wrote {output}.'


def import_gaugan(
  sources: Mapping[str, pathlib.Path],
  output: pathlib.Path,
  *,
  base: ml_collections.ConfigDict,
  image_size: tuple[int, int] | None,
  upsampling: str | None,
  num_labels: int | None,
) -> str:
  """Imports GauGAN.

  Args:
    sources: files by 'generator' and, where wanted, 'discriminator' and
      'encoder'.
    output: the folder, which is made.
    base: configs/cityscapes_l.py, whose other fields are taken.
    image_size: height and width of the images.
    upsampling: 'normal' or 'more'; None if the weights tell.
    num_labels: without the edges; None for the released models.

  Returns:
    Lines that say what was imported and how to go on.

  Raises:
    InputError: if something cannot be read from the weights, or they do not
      fit, with every name that differs, or if `output` exists.
  """
  weights = {name: state_dict.read(path) for name, path in sources.items()}
  config = gaugan_config(
    weights,
    base=base,
    image_size=image_size,
    upsampling=upsampling,
    num_labels=num_labels,
  )
  convert = {
    'generator': gaugan.generator_variables,
    'discriminator': gaugan.discriminator_variables,
    'encoder': gaugan.encoder_variables,
  }
  variables = {name: convert[name](weights[name]) for name in weights}
  _check_fits(config, variables, sources)
  _save(output, variables, 'gaugan', list(sources.values()), {}, config)
  return _summary(config, base, variables, output)


def gaugan_config(
  weights: Mapping[str, StateDict],
  *,
  base: ml_collections.ConfigDict,
  image_size: tuple[int, int] | None,
  upsampling: str | None,
  num_labels: int | None,
) -> ml_collections.ConfigDict:
  """The configuration of method L that describes the state dicts.

  Raises:
    InputError: naming the flag with what the weights do not tell.
  """
  options = gaugan.generator_options(weights['generator'])
  if image_size is None:
    raise InputError(
      'The weights do not tell the size of the images: give it, for example '
      '--image_size 256x512 for the released Cityscapes model.'
    )
  labels, use_edges = _label_channels(options['input_channels'], num_labels)
  config = copy.deepcopy(base)
  config.data.update({'height': image_size[0], 'width': image_size[1]})
  config.model.update(
    {
      'num_labels': labels,
      'use_edges': use_edges,
      'base_channels': options['base_channels'],
      'hidden_channels': options['hidden_channels'],
      'image_style_dim': options['image_style_dim'],
      'upsampling': _upsampling(options, image_size, upsampling),
    }
  )
  if 'discriminator' in weights:
    config.discriminator.update(
      gaugan.discriminator_options(weights['discriminator'])
    )
  if 'encoder' in weights:
    if not options['image_style_dim']:
      raise InputError(
        'The generator has no latent for the style of an encoder: leave out '
        '--encoder.'
      )
    encoder_options = gaugan.encoder_options(weights['encoder'])
    config.model.encoder_channels = encoder_options['base_channels']
  return config


def _label_channels(
  input_channels: int, num_labels: int | None
) -> tuple[int, bool]:
  """(number of labels, whether an edge channel follows)."""
  if num_labels is None and input_channels in _KNOWN_INPUTS:
    return _KNOWN_INPUTS[input_channels]
  if num_labels is None:
    raise InputError(
      f'The generator has {input_channels} input channels, which no released '
      f'model has: give --num_labels {input_channels}, or '
      f'{input_channels - 1} if the last channel is that of the edges.'
    )
  if input_channels - num_labels not in (0, 1):
    raise InputError(
      f'--num_labels is {num_labels}, but the generator has {input_channels} '
      f'input channels: expected {input_channels}, or {input_channels - 1} '
      'with edges.'
    )
  return num_labels, input_channels > num_labels


def _upsampling(options: dict, image_size, asked: str | None) -> str:
  read: str | None
  if options['is_most']:
    read = 'most'
  elif options['image_style_dim']:
    read = _upsampling_by_pixels(options['first_pixels'], image_size)
  else:
    read = asked
  if read is None:
    raise InputError(
      "The weights do not tell 'normal' upsampling from 'more': give "
      '--upsampling more for the released Cityscapes model, --upsampling '
      'normal for those of 256x256 pixels.'
    )
  if asked not in (None, read):
    raise InputError(
      f'--upsampling is {asked}, but the weights are of upsampling {read}.'
    )
  return read


def _upsampling_by_pixels(pixels: int, image_size) -> str:
  """By the pixels of the first feature map, which a latent fixes."""
  height, width = image_size
  for name, stride in generator.STRIDES.items():
    if (height // stride) * (width // stride) == pixels and name != 'most':
      return name
  raise InputError(
    f'The first feature map of the weights has {pixels} pixels, which an image '
    f'of {height}x{width} does not give with any upsampling: give the right '
    '--image_size.'
  )


def _check_fits(config, variables, sources) -> None:
  """Raises InputError unless our networks take the converted variables."""
  networks = gan.networks(config)
  nothing = optax.identity()
  state = gan.abstract_state(
    config, networks, step_lib.Optimizers(nothing, nothing)
  )
  names = ' and '.join(path.name for path in sources.values())
  warm_start.check(state, variables, names)


def _save(
  output: pathlib.Path,
  variables: dict,
  network: str,
  sources: list[pathlib.Path],
  options: dict,
  config: ml_collections.ConfigDict | None = None,
) -> None:
  metadata = {
    'network': network,
    'options': options,
    'files': [
      {'name': path.name, 'sha256': checksums.sha256(path)} for path in sources
    ],
  }
  texts = {weights_folder.METADATA_FILE: metadata}
  if config is not None:
    texts[run_config.FILE] = config.to_dict()
  weights_folder.save(
    output,
    variables,
    {name: json.dumps(text, indent=2) + '\n' for name, text in texts.items()},
  )


def _summary(config, base, variables, output: pathlib.Path) -> str:
  model = config.model
  edges = ' and edges' if model.use_edges else ''
  lines = [
    f'{name}: {_millions(tree)} parameters.' for name, tree in variables.items()
  ]
  lines += [
    f'{config.data.height}x{config.data.width}, {model.num_labels} labels'
    f'{edges}, width {model.base_channels}, upsampling {model.upsampling}.',
    f'Wrote {output}. Start L+I+P from it with',
    f'  python -m instgan_jax.main --config configs/cityscapes_lip.py '
    f'--workdir WORKDIR {" ".join(_changed_flags(config, base))} '
    f'--config.init_from={output}',
  ]
  return '\n'.join(lines)


def _changed_flags(config, base) -> list[str]:
  """The flags that change `base` to the architecture of `config`."""
  flags = []
  for part in ('data', 'model', 'discriminator'):
    for key, value in config[part].items():
      if value != base[part][key]:
        flags.append(f'--config.{part}.{key}={value}')
  return flags


def _millions(variables) -> str:
  size = sum(np.size(leaf) for leaf in jax.tree.leaves(variables['params']))
  return f'{size / 1e6:.2f} M'
