"""Toy streets to generate, where no maps are given."""

import pathlib

from data_pipeline import toy_street
from data_pipeline.errors import InputError
from data_pipeline.toy_street import folder
from instgan_jax.inference import sampler as sampler_lib

_NUM_SCENES = 4
_SPLIT = 'val'
_NAME = 'toy_streets'


def write(sampler: sampler_lib.Sampler, output_dir: str) -> str:
  """Writes some streets that the generator has not seen, with their maps.

  Args:
    sampler: of a generator of toy streets.
    output_dir: they come into `toy_streets` in it, in Cityscapes' layout.

  Returns:
    The folder of their maps.

  Raises:
    InputError: if it is a generator of something else, or cannot write.
  """
  data = sampler.config.data
  if data.get('source') != 'toy_street':
    raise InputError(
      '--label_dir is needed: this generator was not trained on toy streets, '
      'which are rendered without it.'
    )
  output = str(pathlib.Path(output_dir, _NAME))
  height = data.height + data.height % 2
  settings = {'height': height, 'seed': data.seed}
  source = toy_street.ToyStreet(_NUM_SCENES, split=_SPLIT, **settings)
  folder.claim(output, settings)
  folder.write_split(source, output, _SPLIT, toy_street.CITY)
  return str(pathlib.Path(output, 'gtFine', _SPLIT))
