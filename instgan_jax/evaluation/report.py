"""Results as JSON and as tables to read."""

import math
import os

from data_pipeline import atomic_file

# Titles in the order of the table.
_TITLES = {
  'fid': 'FID',
  'kid': 'KID x 1000',
  'fsd': "Frechet distance of the segmenter's features",
  'miou': 'mIoU',
  'accuracy_valid': 'pixel accuracy (valid pixels)',
  'accuracy_all': 'pixel accuracy (all pixels)',
  'micv': 'MICV {}',
  'border_contrast': 'border contrast {}',
  'style_change': 'change between two samples, {}',
}
_SCALES = {'kid': 1000.0}


def save_json(path: str | os.PathLike, results: dict) -> None:
  """Writes results as JSON; NaN becomes null."""
  atomic_file.write_json(path, _finite(results))


def table(metrics: dict[str, dict]) -> str:
  """A Markdown table of results as `evaluation.metrics` gives them.

  The column 'real' is the floor of a distance (half of the real images against
  the other half), the ceiling of mIoU, and the real images' own value.
  """
  rows = [
    '| metric | generated | real | ratio | on |',
    '|---|---|---|---|---|',
  ]
  for name, metric in metrics.items():
    kind, title = _title(name)
    scale = _SCALES.get(kind, 1.0)
    cells = (
      title,
      _with_deviation(metric, scale),
      _number(metric.get('real'), scale),
      _ratio(metric),
      _counts(metric),
    )
    rows.append(f'| {" | ".join(cells)} |')
  reasons = [
    f'{_title(name)[1]}: {metric["reason"]}.'
    for name, metric in metrics.items()
    if metric.get('reason')
  ]
  return '\n'.join([*rows, *([''] if reasons else []), *reasons])


def _title(name: str) -> tuple[str, str]:
  if name in _TITLES:
    return name, _TITLES[name]
  kind = next(k for k in _TITLES if '{}' in _TITLES[k] and name.startswith(k))
  return kind, _TITLES[kind].format(name.removeprefix(f'{kind}_'))


def _with_deviation(metric: dict, scale: float) -> str:
  text = _number(metric['mean'], scale)
  if len(metric.get('per_sample', ())) > 1:
    return f'{text} ± {_number(metric["deviation"], scale)}'
  low, high = metric.get('interval', (None, None))
  if _is_number(low):
    return f'{text} [{_number(low, scale)}, {_number(high, scale)}]'
  if _is_number(metric.get('standard_error')):
    return f'{text} ± {_number(metric["standard_error"], scale)}'
  return text


def _ratio(metric: dict) -> str:
  if not _is_number(metric.get('ratio')):
    return ''
  low, high = metric['ratio_interval']
  interval = f' [{low:.2f}, {high:.2f}]' if _is_number(low) else ''
  return f'{metric["ratio"]:.2f}{interval}'


def _counts(metric: dict) -> str:
  if 'num_real' in metric:
    halves = ' and '.join(map(str, metric['num_floor']))
    return (
      f'{metric["num_generated"]} generated, {metric["num_real"]} real '
      f'(floor: {halves})'
    )
  if 'subset_size' in metric:
    return f'{metric["num_subsets"]} subsets of {metric["subset_size"]}'
  if 'num_items' in metric:
    return f'{metric["num_items"]} in {metric["num_images"]} images'
  return f'{metric.get("num_generated", "")} images'


def _number(value, scale: float = 1.0) -> str:
  if not _is_number(value):
    return ''
  value *= scale
  return f'{value:.1f}' if abs(value) >= 100 else f'{value:.3g}'


def _is_number(value) -> bool:
  return value is not None and math.isfinite(value)


def _finite(value):
  """The same with None for what JSON does not know."""
  if isinstance(value, dict):
    return {key: _finite(item) for key, item in value.items()}
  if isinstance(value, list | tuple):
    return [_finite(item) for item in value]
  if isinstance(value, float) and not math.isfinite(value):
    return None
  return value
