"""Reads a command line with absl; an error is one sentence, no traceback."""

import types

from absl import flags

from data_pipeline.errors import InputError


def parse(values: flags.FlagValues, argv: list[str]) -> None:
  """Parses the words after the first; InputError says what is wrong."""
  try:
    rest = values(argv)
  except flags.Error as error:
    # An error inside a configuration comes with its traceback: keep the end.
    message = str(error).strip().splitlines()[-1]
    stop = '' if message.endswith(('.', '?')) else '.'
    advice = 'See --help.'
    name = getattr(error, 'flagname', '')
    config = values['config'].value if 'config' in values else None
    if name and not isinstance(config, str) and name in (config or ()):
      advice = f'It is a field of the configuration: --config.{name}.'
    raise InputError(f'{message}{stop} {advice}') from error
  except (AttributeError, KeyError) as error:
    if "<class 'NoneType'>" in str(error):
      raise InputError(
        'the configuration is None: its get_config() must return a ConfigDict.'
      ) from error
    source = getattr(error, 'obj', None)
    if isinstance(source, types.ModuleType):
      raise InputError(
        f'the configuration {source.__file__} has no get_config: expected a '
        'function get_config() that returns a ConfigDict.'
      ) from error
    raise InputError(
      f'in the configuration: there is no field {_field_name(error)}'
    ) from error
  except (TypeError, ValueError) as error:
    message = str(error.args[0]) if error.args else repr(error)
    raise InputError(f'in the configuration: {message}') from error
  except (OSError, ImportError, SyntaxError) as error:
    raise InputError(f'the configuration cannot be read: {error}') from error
  if len(rest) > 1:
    raise InputError(
      f'unexpected argument {rest[1]!r}: all options begin with --, see --help.'
    )


def _field_name(error: AttributeError | KeyError) -> str:
  """The field that ml_collections misses, and which one it suggests."""
  words = str(error.args[0] if error.args else error)
  words = words.replace('\\n', '\n').replace("\\'", "'")
  name, _, suggestion = words.strip('"').partition('\n')
  return f'{name.strip(chr(39))!r}. {suggestion.strip(chr(39))}'.strip()
