r"""Import public PyTorch weights.

Examples:

  python -m instgan_jax.import_torch --network gaugan \
    --input checkpoints/cityscapes_pretrained/latest_net_G.pth \
    --image_size 256x512 --upsampling more --output weights/gaugan
  python -m instgan_jax.import_torch --network inception --download \
    --output weights/inception
  python -m instgan_jax.import_torch --network pspnet \
    --input train_epoch_200.pth --output weights/pspnet
  python -m instgan_jax.import_torch --network vgg19 --download \
    --output weights/vgg19

A parameter that is missing, too many or of another shape stops the import; all
of them are listed. Files of torch.save need PyTorch (pip install torch), .npz
and .safetensors do not. Exit status: 0 when it is done, 2 for wrong input.
"""

import pathlib

from absl import flags

from data_pipeline.errors import InputError
from instgan_jax.cli import image_size, program, shipped_configs
from instgan_jax.runtime import user_cache

_NETWORKS = ('gaugan', 'inception', 'pspnet', 'vgg19')
_OF_GAUGAN = (
  'discriminator',
  'encoder',
  'image_size',
  'upsampling',
  'num_labels',
)


def define_flags(values: flags.FlagValues) -> None:
  """Defines the flags."""
  string, choice, integer, boolean = program.definers(
    values,
    flags.DEFINE_string,
    flags.DEFINE_enum,
    flags.DEFINE_integer,
    flags.DEFINE_bool,
  )
  choice('network', None, _NETWORKS, 'Which network.')
  string('input', None, "The file of the weights; GauGAN's generator.")
  string('discriminator', None, "GauGAN's latest_net_D.pth, to train on.")
  string('encoder', None, "GauGAN's latest_net_E.pth, of models with a latent.")
  string('output', None, 'Folder to make.')
  string('image_size', None, 'HEIGHTxWIDTH of the images of a GauGAN.')
  choice(
    'upsampling',
    None,
    ('normal', 'more', 'most'),
    'Of a GauGAN without a latent; the weights tell the others.',
  )
  integer(
    'num_labels', None, 'Of a GauGAN that was not released; without edges.'
  )
  boolean('download', False, 'Fetch the public file instead of naming it.')
  string(
    'cache', None, 'Folder of fetched files (default: ~/.cache/instgan_jax).'
  )


def main(values: flags.FlagValues) -> None:
  """Checks the flags and imports."""
  program.require(values, 'network', 'output')
  output = pathlib.Path(values.output)
  if output.exists():
    raise InputError(f'{output} exists already: choose another --output.')
  _check_flags(values)

  from instgan_jax.commands import import_torch

  source = _source(values)
  if values.network == 'gaugan':
    sources = {'generator': source}
    for name in ('discriminator', 'encoder'):
      if path := values[name].value:
        sources[name] = pathlib.Path(path)
    message = import_torch.import_gaugan(
      sources,
      output,
      base=shipped_configs.load('cityscapes_l'),
      image_size=image_size.parse(values.image_size, 'image_size'),
      upsampling=values.upsampling,
      num_labels=values.num_labels,
    )
  else:
    message = import_torch.import_pretrained(values.network, source, output)
  print(message)


def _check_flags(values: flags.FlagValues) -> None:
  given = [f'--{name}' for name in _OF_GAUGAN if values[name].value is not None]
  if given and values.network != 'gaugan':
    raise InputError(
      f'{", ".join(given)}: only with --network gaugan, not {values.network}.'
    )
  if (values.input is None) == (not values.download):
    number = 'both are given' if values.download else 'neither is given'
    raise InputError(
      'One of --input FILE and --download says where the weights come from, '
      f'but {number}: give one.'
    )


def _source(values: flags.FlagValues) -> pathlib.Path:
  given: str | None = values.input
  if given is not None:
    return pathlib.Path(given)

  from instgan_jax.weights import download, public_files

  folder = values.cache or user_cache.folder()
  return download.fetch(public_files.FILES[values.network], folder)


command = program.Command(__doc__, define_flags, main)

if __name__ == '__main__':
  command.run()
