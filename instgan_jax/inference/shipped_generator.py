"""The generator that ships with the package, for those who have no other.

Its folder is what `instgan_jax.export --compact` writes, see
`exporting.folder`.
"""

import pathlib

from instgan_jax import pretrained
from instgan_jax.build import methods
from instgan_jax.checkpoints import run_config, weights_folder

FOLDER = str(pathlib.Path(pretrained.__path__[0], 'toy_street'))


def is_it(folder: str) -> bool:
  """Whether a folder is that of this generator."""
  return pathlib.Path(folder).resolve() == pathlib.Path(FOLDER).resolve()


def describe() -> str:
  """What it is and what it was trained on, in one sentence."""
  config = run_config.load(FOLDER)
  step = weights_folder.metadata(FOLDER)['origin']['step']
  data = config.data
  source = data.source.replace('_', ' ')
  return (
    f'The generator that ships with instgan_jax: {methods.name(config)}, '
    f'trained on procedural {source}s of {data.height}x{data.width}, {step} '
    'steps.'
  )
