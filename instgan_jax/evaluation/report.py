"""Results as JSON and as tables to read."""

import json
import math
import os
import pathlib

# What a reader of the table needs to know, in its order.
_TITLES = {
  'fid': 'FID',
  'kid': 'KID x 1000',
  'fsd': "Frechet distance of the segmenter's features",
  'miou': 'mIoU',
  'accuracy_valid': 'pixel accuracy (valid pixels)',
  'accuracy_all': 'pixel accuracy (all pixels)',
  'micv': 'MICV {}',
  'border_contrast': 'border contrast {}',
  'draw_distance': 'distance of two draws, {}',
}
_SCALES = {'kid': 1000.0}


def save_json(path: str | os.PathLike, results: dict) -> None:
  """Writes results, complete or not at all; NaN becomes null."""
  path = pathlib.Path(path)
  path.parent.mkdir(parents=True, exist_ok=True)
  partial = path.with_name(f'{path.name}.partial')
  text = json.dumps(_finite(results), indent=2, allow_nan=False)
  partial.write_text(text + '\n')
  os.replace(partial, path)


def table(figures: dict[str, dict]) -> str:
  """A Markdown table of figures as `measures` give them.

  The column 'real' is the floor of a distance (half of the real images against
  the other half), the ceiling of mIoU, and the real images' own value.
  """
  rows = [
    '| measure | generated | real | ratio | on |',
    '|---|---|---|---|---|',
  ]
  for name, figure in figures.items():
    kind, title = _title(name)
    scale = _SCALES.get(kind, 1.0)
    cells = (
      title,
      _with_deviation(figure, scale),
      _number(figure.get('real'), scale),
      _ratio(figure),
      _counts(figure),
    )
    rows.append(f'| {" | ".join(cells)} |')
  reasons = [
    f'{_title(name)[1]}: {figure["reason"]}.'
    for name, figure in figures.items()
    if figure.get('reason')
  ]
  return '\n'.join([*rows, *([''] if reasons else []), *reasons])


def _title(name: str) -> tuple[str, str]:
  if name in _TITLES:
    return name, _TITLES[name]
  kind = next(k for k in _TITLES if '{}' in _TITLES[k] and name.startswith(k))
  return kind, _TITLES[kind].format(name.removeprefix(f'{kind}_'))


def _with_deviation(figure: dict, scale: float) -> str:
  text = _number(figure['mean'], scale)
  if len(figure.get('per_draw', ())) > 1:
    return f'{text} ± {_number(figure["deviation"], scale)}'
  low, high = figure.get('interval', (None, None))
  if _is_number(low):
    return f'{text} [{_number(low, scale)}, {_number(high, scale)}]'
  if _is_number(figure.get('standard_error')):
    return f'{text} ± {_number(figure["standard_error"], scale)}'
  return text


def _ratio(figure: dict) -> str:
  if not _is_number(figure.get('ratio')):
    return ''
  low, high = figure['ratio_interval']
  interval = f' [{low:.2f}, {high:.2f}]' if _is_number(low) else ''
  return f'{figure["ratio"]:.2f}{interval}'


def _counts(figure: dict) -> str:
  if 'num_real' in figure:
    halves = ' and '.join(map(str, figure['num_floor']))
    return (
      f'{figure["num_generated"]} generated, {figure["num_real"]} real '
      f'(floor: {halves})'
    )
  if 'subset_size' in figure:
    return f'{figure["num_subsets"]} subsets of {figure["subset_size"]}'
  if 'num_items' in figure:
    return f'{figure["num_items"]} in {figure["num_images"]} images'
  return f'{figure.get("num_generated", "")} images'


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
