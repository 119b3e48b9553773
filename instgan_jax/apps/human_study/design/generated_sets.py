"""Sets that are generators: their images are generated before planning."""

import pathlib
from collections.abc import Sequence

from data_pipeline.errors import InputError
from instgan_jax.cli import command_list


def generate(
  arguments: Sequence[str], *, maps: str | None, folder: pathlib.Path
) -> list[str]:
  """Generates an image of every scene for each set that is a generator.

  That is a workdir, an export or imported weights: what has a config.json.
  Images that exist already are kept.

  Args:
    arguments: NAME=FOLDER of each set.
    maps: folder of the scenes' label and instance maps.
    folder: the images go to FOLDER/NAME.

  Returns:
    NAME=FOLDER of each set, of images alone.

  Raises:
    InputError: without maps, or for what `instgan_jax.generate` refuses.
  """
  return [_generate(argument, maps, folder) for argument in arguments]


def _generate(argument: str, maps: str | None, folder: pathlib.Path) -> str:
  name, _, generator = argument.partition('=')
  if not (pathlib.Path(generator) / 'config.json').is_file():
    return argument
  if not maps:
    raise InputError(
      f'--set {argument}: the folder is a generator: give --maps FOLDER, the '
      'label and instance maps of the scenes to generate.'
    )
  output = folder / name
  command_list.load('generate').call(
    [
      'generate',
      f'--workdir={generator}',
      *(f'--{kind}_dir={maps}' for kind in ('label', 'instance')),
      f'--output_dir={output}',
    ]
  )
  return f'{name}={output}'
