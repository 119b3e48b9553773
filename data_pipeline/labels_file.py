"""The file of a label table: `labels.json`, which a person can write.

    {"labels": [{"id": 0, "name": "sky"},
                {"id": 8, "name": "car", "has_instances": true},
                {"id": 11, "name": "void", "ignore_in_eval": true}]}

`id` and `name` are needed, the other fields are those of `labels.Label`. A
color that is not given is chosen; train ids that are not given follow the ids.
"""

import json
import os
import pathlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from data_pipeline import atomic_file, labels
from data_pipeline.errors import InputError, summarize

NAME = 'labels.json'


def load(path: str | os.PathLike[str]) -> labels.LabelTable:
  """Reads a `labels.json`.

  Raises:
    InputError: naming the file, if it is missing or not such a table.
  """
  try:
    text = pathlib.Path(path).read_text(encoding='utf-8')
  except (OSError, UnicodeDecodeError) as error:
    reason = getattr(error, 'strerror', None) or error
    raise InputError(
      f'{path}: cannot be read ({reason}). Expected the table of classes;'
      f' {_EXAMPLE}'
    ) from error
  return parse(text, path)


def of_folder(
  root: pathlib.Path, default: labels.LabelTable | None
) -> labels.LabelTable:
  """The classes of a data set: those of its `labels.json`, or the default.

  Raises:
    InputError: if the file is wrong, or missing and there is no default.
  """
  file = root / NAME
  return default if default and not file.exists() else load(file)


def parse(text: str, name: str | os.PathLike[str]) -> labels.LabelTable:
  """The table in a text of JSON; `name` is for messages.

  Raises:
    InputError: if it is no such table.
  """
  try:
    content = json.loads(text)
  except ValueError as error:
    raise InputError(f'{name}: is no JSON ({error}); {_EXAMPLE}') from error
  return from_json(content, name)


def save(path: str | os.PathLike[str], table: labels.LabelTable) -> None:
  """Writes a `labels.json`, as several programs may at the same time."""
  atomic_file.write_json(path, to_json(table), is_shared=True)


def to_json(table: labels.LabelTable) -> dict[str, Any]:
  """The content of the file."""
  return {
    'labels': [label._asdict() for label in table.labels],
    'num_labels': table.num_labels,
  }


def from_json(content: Any, name: str | os.PathLike[str]) -> labels.LabelTable:
  """The table that `to_json` or a person wrote.

  Args:
    content: of the file.
    name: of the file, for messages.

  Raises:
    InputError: saying which label is wrong.
  """
  rows = content.get('labels') if isinstance(content, Mapping) else None
  if not isinstance(rows, Sequence) or isinstance(rows, str) or not rows:
    raise InputError(f'{name}: has no list "labels"; {_EXAMPLE}')
  given = [_checked_row(row, name) for row in rows]
  given.sort(key=lambda row: row['id'])
  for key in ('id', 'name'):
    counts = Counter(row[key] for row in given)
    if repeated := [str(each) for each, count in counts.items() if count > 1]:
      raise InputError(
        f'{name}: several labels have the {key} {summarize(repeated)}. Expected'
        ' a different one for each class.'
      )
  rows = tuple(map(_label, given, _train_ids(given, name)))
  channels = [label.id + 1 for label in rows if label.id != labels.NO_CHANNEL]
  least = max(channels, default=1)
  num_labels = content.get('num_labels', least)
  if type(num_labels) is not int or num_labels < least:
    raise InputError(
      f'{name}: num_labels is {num_labels!r}, expected a number of at least'
      f' {least}, or leave it out.'
    )
  return labels.LabelTable(rows, num_labels)


_EXAMPLE = (
  'write, for example, {"labels": [{"id": 0, "name": "road"}, {"id": 1,'
  ' "name": "car", "has_instances": true}]}.'
)
_KINDS = {
  'id': int,
  'name': str,
  'train_id': int,
  'has_instances': bool,
  'ignore_in_eval': bool,
  'color': list,
}
_KIND_NAMES = {
  int: 'an integer',
  str: 'text',
  bool: 'true or false',
  list: '[red, green, blue] of 0..255',
}


def _checked_row(row: Any, name: str | os.PathLike[str]) -> dict[str, Any]:
  """A row of the file, if its fields are of their kinds."""

  def wrong(problem: str) -> InputError:
    return InputError(f'{name}: the label {row!r} {problem}.')

  if not isinstance(row, Mapping):
    raise wrong('is no object; ' + _EXAMPLE.removesuffix('.'))
  row = {
    key: list(value) if isinstance(value, tuple) else value
    for key, value in row.items()
  }
  for key, value in row.items():
    if key not in _KINDS:
      raise wrong(
        f'has the field {key!r}, expected some of {", ".join(_KINDS)}'
      )
    if type(value) is not _KINDS[key]:
      raise wrong(f'needs {_KIND_NAMES[_KINDS[key]]} as its {key}')
  if not row.get('name') or 'id' not in row:
    raise wrong('needs an id and a name')
  if not 0 <= row['id'] <= 255:
    raise wrong('has an id out of 0..255, which 8-bit label maps have')
  color = row.get('color', [0, 0, 0])
  if len(color) != 3 or any(
    type(c) is not int or not 0 <= c <= 255 for c in color
  ):
    raise wrong(f'needs {_KIND_NAMES[list]} as its color')
  if row['id'] == 0 and row.get('has_instances'):
    raise wrong(
      'has instances and the id 0, which instance maps cannot express (id *'
      ' 1000 + k): give the class another id'
    )
  if row['id'] == labels.NO_CHANNEL and not row.get('ignore_in_eval'):
    raise wrong(
      'has the id 255, which is that of pixels without a label: it needs'
      ' "ignore_in_eval": true'
    )
  return row


def _train_ids(
  rows: Sequence[Mapping[str, Any]], name: str | os.PathLike[str]
) -> list[int]:
  """The train ids of the rows: those that are given, or in their order."""
  scored = [row for row in rows if not row.get('ignore_in_eval')]
  given = [row['train_id'] for row in scored if 'train_id' in row]
  if not given:
    following = iter(range(len(scored)))
    return [
      labels.IGNORED if row.get('ignore_in_eval') else next(following)
      for row in rows
    ]
  if sorted(given) != list(range(len(scored))):
    raise InputError(
      f'{name}: the train ids of the {len(scored)} scored labels are'
      f' {sorted(given)}, expected 0..{len(scored) - 1}, each once, or none at'
      ' all.'
    )
  return [
    labels.IGNORED if row.get('ignore_in_eval') else row['train_id']
    for row in rows
  ]


def _label(row: Mapping[str, Any], train_id: int) -> labels.Label:
  return labels.Label(
    id=row['id'],
    name=row['name'],
    train_id=train_id,
    has_instances=row.get('has_instances', False),
    ignore_in_eval=row.get('ignore_in_eval', False),
    color=tuple(row.get('color') or labels.distinct_color(row['id'])),
  )
