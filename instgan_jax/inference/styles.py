"""Styles as values: the look of each instance, drawn, mixed, kept in a file.

A style is a latent of N(0, 1), the z(i) of the paper's equation (1): a float32
vector. The styles of a scene are a dict from instance ids, those of the
instance map, to vectors. The id 0, which no instance has, stands for the style
of the whole picture in GauGAN's models that have one.

Synopsis:

  looks = styles.draw(seed=0, ids=(26000, 26001, 26002), dim=64)
  looks[26000] = styles.draw_one(seed=7, instance_id=26000, dim=64)
  looks[26001] = looks[26000]
  looks[26002] = styles.interpolate(looks[26000], looks[26002], 0.5)
  styles.save('looks.json', looks)
"""

import json
import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from data_pipeline.errors import InputError

# In the place of an instance's id: the style of the whole picture.
PICTURE = 0
_FORMAT = 'instgan_jax styles'
# Below this share of its terms' length, a sum has no direction to speak of.
_VANISHING = 1e-4

Styles = dict[int, np.ndarray]


def draw_one(seed: int, instance_id: int, dim: int) -> np.ndarray:
  """The style of one instance: float32 [dim] from N(0, 1).

  It is a function of (seed, instance_id) alone, on every machine.

  Raises:
    InputError: if the seed or the id is negative.
  """
  if seed < 0 or instance_id < 0:
    raise InputError(
      f'seed is {seed} and the instance id {instance_id}: expected none '
      'below 0.'
    )
  generator = np.random.default_rng((seed, instance_id))
  return generator.standard_normal(dim, np.float32)


def draw(seed: int, ids: Iterable[int], dim: int) -> Styles:
  """The styles of some instances, each as `draw_one` gives it."""
  return {i: draw_one(seed, i, dim) for i in ids}


def interpolate(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
  """The style at `t` of the way from `a` to `b`, along the sphere.

  Styles of N(0, 1) lie near a sphere, so that points on the straight line
  between two would be like none that the generator was trained with. The
  direction moves along the great circle, the length in proportion.

  Args:
    a: float32 [D], the result at t = 0, exactly.
    b: float32 [D], the result at t = 1, exactly.
    t: in [0, 1].

  Returns:
    float32 [D].

  Raises:
    InputError: if t is elsewhere, the sizes differ, or `a` and `b` are exactly
      opposite, which many circles join.
  """
  if not 0.0 <= t <= 1.0:
    raise InputError(f't is {t}, expected it between 0 and 1.')
  _check_same_size([a, b])
  if t in (0.0, 1.0):
    return np.array(b if t else a, np.float32)
  start, end = np.asarray(a, np.float64), np.asarray(b, np.float64)
  lengths = np.linalg.norm(start), np.linalg.norm(end)
  if min(lengths) == 0.0:  # The origin has no direction: all lead there.
    return ((1.0 - t) * start + t * end).astype(np.float32)
  start, end = start / lengths[0], end / lengths[1]
  # As half angles of chords, which is exact where arccos is not.
  angle = 2.0 * np.arctan2(
    np.linalg.norm(start - end), np.linalg.norm(start + end)
  )
  if np.pi - angle < _VANISHING:
    raise InputError(
      'The two styles are exactly opposite, so that no way between them is the '
      'shortest: go through a third one.'
    )
  if angle == 0.0:
    direction = start
  else:
    weights = np.sin([(1.0 - t) * angle, t * angle]) / np.sin(angle)
    direction = weights[0] * start + weights[1] * end
  length = (1.0 - t) * lengths[0] + t * lengths[1]
  return (length * direction).astype(np.float32)


def average(styles: Sequence[np.ndarray]) -> np.ndarray:
  """The style between some: their mean direction, at their mean length.

  Args:
    styles: float32 [D] each, at least one.

  Returns:
    float32 [D].

  Raises:
    InputError: if there is none, the sizes differ, or they cancel out.
  """
  _check_same_size(styles)
  stack = np.asarray(styles, np.float64)
  length = np.linalg.norm(stack, axis=1).mean()
  mean = stack.mean(axis=0)
  if np.linalg.norm(mean) <= _VANISHING * length:
    raise InputError(
      f'The {len(stack)} styles cancel out, their average has no direction.'
    )
  return (length / np.linalg.norm(mean) * mean).astype(np.float32)


def save(
  path: str | os.PathLike[str],
  styles: Mapping[int, np.ndarray],
  weights_sha256: str = '',
) -> None:
  """Writes styles as JSON, complete or not at all; `load` gives them exactly.

  Args:
    path: the file; its folder is made.
    styles: float32 [D] by instance id.
    weights_sha256: of the generator for which they were made; '' for any.

  Raises:
    InputError: if `path` is a file of something else, which stays.
  """
  path = pathlib.Path(path)
  if path.exists():
    load(path)
  path.parent.mkdir(parents=True, exist_ok=True)
  content = {
    'format': _FORMAT,
    'weights_sha256': weights_sha256,
    # The shortest decimals that give the same float32 again.
    'styles': {
      str(i): [float(str(x)) for x in np.asarray(styles[i], np.float32)]
      for i in sorted(styles)
    },
  }
  partial = path.with_name(f'{path.name}.partial')
  partial.write_text(json.dumps(content) + '\n')
  os.replace(partial, path)


def load(path: str | os.PathLike[str]) -> tuple[Styles, str]:
  """Reads what `save` wrote: the styles and `weights_sha256`.

  Raises:
    InputError: naming the file, if it is not of that form.
  """
  try:
    content = json.loads(pathlib.Path(path).read_text())
    if content['format'] != _FORMAT:
      raise ValueError(f'its format is {content["format"]!r}')
    with np.errstate(over='ignore'):  # It is refused below.
      styles = {
        int(i): np.array(values, np.float32)
        for i, values in content['styles'].items()
      }
    for i, style in styles.items():
      if style.ndim != 1 or not np.isfinite(style).all():
        raise ValueError(f'the style of {i} is no list of finite numbers')
    return styles, str(content.get('weights_sha256', ''))
  except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
    raise InputError(
      f'{path} is no file of styles ({type(error).__name__}: {error}). '
      "Expected what --save_styles writes: {'format': '"
      + _FORMAT
      + "', 'styles': "
      '{id: [numbers]}}.'
    ) from error


def _check_same_size(styles: Sequence[np.ndarray]) -> None:
  shapes = {np.shape(style) for style in styles}
  if len(shapes) != 1 or len(min(shapes)) != 1:
    raise InputError(
      f'Got styles of shapes {sorted(shapes)}, expected at least one, all [D].'
    )
