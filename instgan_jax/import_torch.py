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
from instgan_jax.cli import image_size, program
from instgan_jax.commands import import_torch
from instgan_jax.weights import download, public_files

_NETWORK = flags.DEFINE_enum(
  'network', None, import_torch.NETWORKS, 'Which network.'
)
_INPUT = flags.DEFINE_string(
  'input', None, "The file of the weights; GauGAN's generator."
)
_DISCRIMINATOR = flags.DEFINE_string(
  'discriminator', None, "GauGAN's latest_net_D.pth, to train on."
)
_ENCODER = flags.DEFINE_string(
  'encoder', None, "GauGAN's latest_net_E.pth, of models with a latent."
)
_OUTPUT = flags.DEFINE_string('output', None, 'Folder to make.')
_IMAGE_SIZE = flags.DEFINE_string(
  'image_size', None, 'HEIGHTxWIDTH of the images of a GauGAN.'
)
_UPSAMPLING = flags.DEFINE_enum(
  'upsampling',
  None,
  ('normal', 'more', 'most'),
  'Of a GauGAN without a latent; the weights tell the others.',
)
_NUM_LABELS = flags.DEFINE_integer(
  'num_labels', None, 'Of a GauGAN that was not released; without edges.'
)
_DOWNLOAD = flags.DEFINE_bool(
  'download', False, 'Fetch the public file instead of naming it.'
)
_CACHE = flags.DEFINE_string(
  'cache', None, 'Folder of fetched files (default: ~/.cache/instgan_jax).'
)


def main(_) -> None:
  """Checks the flags and imports."""
  if _NETWORK.value is None or _OUTPUT.value is None:
    raise InputError(
      'Both --network and --output are needed, for example --network inception '
      '--download --output weights/inception.'
    )
  output = pathlib.Path(_OUTPUT.value)
  if output.exists():
    raise InputError(f'{output} exists already: choose another --output.')
  network = _NETWORK.value
  _check_flags(network)
  source = _source(network)
  if network == 'gaugan':
    others = {'discriminator': _DISCRIMINATOR, 'encoder': _ENCODER}
    sources = {'generator': source} | {
      name: pathlib.Path(flag.value)
      for name, flag in others.items()
      if flag.value is not None
    }
    message = import_torch.import_gaugan(
      sources,
      output,
      image_size=image_size.parse(_IMAGE_SIZE.value, 'image_size'),
      upsampling=_UPSAMPLING.value,
      num_labels=_NUM_LABELS.value,
    )
  else:
    message = import_torch.import_frozen(network, source, output)
  print(message)


def _check_flags(network: str) -> None:
  of_gaugan = (_DISCRIMINATOR, _ENCODER, _IMAGE_SIZE, _UPSAMPLING, _NUM_LABELS)
  given = [f'--{flag.name}' for flag in of_gaugan if flag.value is not None]
  if given and network != 'gaugan':
    raise InputError(
      f'{", ".join(given)}: only with --network gaugan, not {network}.'
    )
  if (_INPUT.value is None) == (not _DOWNLOAD.value):
    raise InputError(
      'Either --input FILE or --download is needed, to say where the weights '
      'come from.'
    )


def _source(network: str) -> pathlib.Path:
  if _INPUT.value is not None:
    return pathlib.Path(_INPUT.value)
  folder = _CACHE.value or download.cache_folder()
  return download.fetch(public_files.FILES[network], folder)


if __name__ == '__main__':
  program.run(main)
