"""The configurations that come with the package, found by their names.

`--config configs/toy_street.py:li` names a file. Where there is none, as after
`pip install`, the shipped file of that name is taken; `--config toy_street:li`
always means the shipped one.
"""

import importlib
import importlib.util
import pathlib
from collections.abc import Sequence

from data_pipeline.errors import InputError

_PACKAGE = 'configs'


def load(name: str):
  """The ConfigDict of a shipped configuration, such as 'cityscapes_l'."""
  return importlib.import_module(f'{_PACKAGE}.{name}').get_config()


def resolve(argv: Sequence[str]) -> list[str]:
  """Replaces names of shipped configurations in `--config` by their paths.

  Args:
    argv: program name and arguments.

  Raises:
    InputError: for a file that does not exist, or two of them.
  """
  resolved = list(argv)
  names = [word.partition('=')[0] for word in resolved]
  if names.count('--config') + names.count('-config') > 1:
    raise InputError('--config is given several times: give it once.')
  for i, word in enumerate(resolved):
    flag, equals, value = word.partition('=')
    if flag not in ('--config', '-config'):
      continue
    if equals:
      resolved[i] = f'{flag}={_path(value)}'
    elif i + 1 < len(resolved):
      resolved[i + 1] = _path(resolved[i + 1])
  return resolved


def _path(value: str) -> str:
  """`value` (PATH or PATH:ARGUMENT), or its shipped file."""
  path, colon, argument = value.partition(':')
  if pathlib.Path(path).is_file():
    return value
  given, shipped = pathlib.PurePath(path), _files()
  if str(given.parent) in ('.', _PACKAGE) and given.stem in shipped:
    return f'{shipped[given.stem]}{colon}{argument}'
  raise InputError(
    f'--config is {value!r}: there is no such file. Expected a path, or one of '
    f'{", ".join(shipped)}.'
  )


def _files() -> dict[str, pathlib.Path]:
  """The shipped files by name."""
  spec = importlib.util.find_spec(_PACKAGE)
  if spec is None or not spec.submodule_search_locations:
    raise ModuleNotFoundError(f'The package {_PACKAGE} is not installed.')
  folder = pathlib.Path(next(iter(spec.submodule_search_locations)))
  return {path.stem: path for path in sorted(folder.glob('[!_]*.py'))}
