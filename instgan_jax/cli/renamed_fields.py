"""Fields of the configuration that had another name once, as flags."""

from collections.abc import Sequence

# Old name -> new name.
FIELDS = {'num_measured_scenes': 'eval.num_scenes'}


def resolve(argv: Sequence[str]) -> list[str]:
  """Replaces `--config.OLD` by `--config.NEW`."""
  return [_resolve(word) for word in argv]


def _resolve(word: str) -> str:
  flag, equals, value = word.partition('=')
  field = flag.lstrip('-').removeprefix('config.')
  if flag not in (f'--config.{field}', f'-config.{field}'):
    return word
  return f'--config.{FIELDS.get(field, field)}{equals}{value}'
