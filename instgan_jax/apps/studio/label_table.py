"""Names, colors and kinds of a generator's labels, for the page."""

from data_pipeline import labels


def rows(table: labels.LabelTable) -> list[dict]:
  """A generator's table, ready for JSON.

  Returns:
    For each label id, from 0 on, its `name`, `color` [r, g, b] and `kind`:
    'thing' has instances, 'stuff' has none, 'either' may have them (where
    nobody named the classes), 'none' is no class.
  """
  is_named = table != labels.numbered(table.num_labels)
  known = {label.id: label for label in table.labels}
  return [
    _row(known[i], is_named)
    if i in known
    else {'name': f'label {i}', 'color': [0, 0, 0], 'kind': 'none'}
    for i in range(table.num_labels)
  ]


def _row(label: labels.Label, is_named: bool) -> dict:
  kind = 'thing' if label.has_instances else 'stuff'
  return {
    'name': label.name,
    'color': list(label.color),
    'kind': kind if is_named else 'either',
  }
