"""The classes of a configuration: those of the data that it was made for.

A run keeps them in its `config.json`, as `config.labels`: the fields of a class
by its id. So do exports; every program that reads a generator knows its
classes.
"""

import copy

import ml_collections

from data_pipeline import labels, labels_file
from data_pipeline.cityscapes import labels as cityscapes_labels
from data_pipeline.errors import InputError

_KEY = 'labels'


def of(config: ml_collections.ConfigDict) -> labels.LabelTable:
  """The classes of a configuration.

  Without any, as runs before 0.3 and imported weights have none, they are
  those of Cityscapes if a generator has their number of channels, else
  nameless.
  """
  table = cityscapes_labels.TABLE
  num_labels = config.model.get('num_labels', table.num_labels)
  if _KEY in config:
    content = {
      'labels': [
        {'id': int(i), **fields} for i, fields in config[_KEY].to_dict().items()
      ]
    }
    if 'num_labels' in config.model:
      content['num_labels'] = num_labels
    return labels_file.from_json(content, 'the labels of the configuration')
  if num_labels == table.num_labels:
    return table
  return labels.numbered(num_labels)


def with_table(
  config: ml_collections.ConfigDict, table: labels.LabelTable
) -> ml_collections.ConfigDict:
  """A copy of `config` for data of these classes.

  The table has the number of the networks' channels. Only for the classes of
  Cityscapes the configuration may ask for more of them.

  Raises:
    InputError: if it asks for fewer.
  """
  config = copy.deepcopy(config)
  fields = {str(label.id): label._asdict() for label in table.labels}
  for row in fields.values():
    del row['id']
  with config.unlocked():
    config[_KEY] = ml_collections.ConfigDict(fields)
  if 'num_labels' not in config.model:
    return config
  if table != cityscapes_labels.TABLE:
    config.model.num_labels = table.num_labels
  elif config.model.num_labels < table.num_labels:
    raise InputError(
      f'model.num_labels is {config.model.num_labels}, the data have '
      f'{table.num_labels}: it must not be less.'
    )
  return config


def check_same(
  found: labels.LabelTable, expected: labels.LabelTable, place: str
) -> None:
  """Raises InputError, naming a class that differs, unless both are the same.

  Colors may differ.

  Args:
    found: the classes of data.
    expected: those of a run.
    place: of the data, for the message.
  """
  theirs, ours = (
    {label.id: label._replace(color=(0, 0, 0)) for label in table.labels}
    for table in (found, expected)
  )
  ids = [i for i in sorted({*theirs, *ours}) if theirs.get(i) != ours.get(i)]
  if not ids:
    return
  raise InputError(
    f'The data in {place} have other classes than the run was made for: '
    f'{len(ids)} ids differ, {ids[0]} is {_describe(theirs.get(ids[0]))} there '
    f'and {_describe(ours.get(ids[0]))} in the run. Expected the same '
    'labels.json; start a new run for other classes.'
  )


def _describe(label: labels.Label | None) -> str:
  if label is None:
    return 'none'
  fields = label._asdict()
  return str({key: fields[key] for key in fields if key not in ('id', 'color')})
