"""Names, colors and kinds of a generator's labels, for the page."""

import colorsys

from data_pipeline import batch, labels


def is_cityscapes(num_labels: int) -> bool:
  """Whether a generator with so many labels has those of Cityscapes."""
  return num_labels == batch.NUM_LABELS


def rows(num_labels: int) -> list[dict]:
  """The table of a generator with so many labels, ready for JSON.

  With 35 they are Cityscapes'; of others only the number is known.

  Returns:
    For each label id its `name`, `color` [r, g, b] and `kind`: 'thing' has
    instances, 'stuff' has none, 'either' may have them.
  """
  if is_cityscapes(num_labels):
    return [_cityscapes(i) for i in range(num_labels)]
  return [
    {
      'name': f'label {i}',
      'color': [round(255 * x) for x in _color(i)],
      'kind': 'either',
    }
    for i in range(num_labels)
  ]


def _cityscapes(label_id: int) -> dict:
  color = labels.COLORS[label_id].tolist()
  if label_id >= len(labels.LABELS):  # GauGAN's 35th channel.
    return {'name': 'license plate', 'color': color, 'kind': 'stuff'}
  label = labels.LABELS[label_id]
  kind = 'thing' if label.has_instances else 'stuff'
  return {'name': label.name, 'color': color, 'kind': kind}


def _color(i: int) -> tuple[float, float, float]:
  return colorsys.hls_to_rgb(i * 0.618034 % 1.0, 0.55, 0.5)
