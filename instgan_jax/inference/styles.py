"""Styles as values: sampled from a seed, interpolated, kept in a file.

A style is a latent of N(0, 1), the z(i) of the paper's equation (1): a float32
vector. The styles of a scene are a dict from instance ids, those of the
instance map, to vectors. The id 0, which no instance has, stands for the style
of the whole image in GauGAN's models that have one.

The style of an instance is one function of (seed, scene name, instance id),
`sample`, for training's sample grids, evaluation and inference alike.

Synopsis:

  a = styles.sample(seed=0, scene='street', instance_id=26000, dim=64)
  b = styles.sample(seed=7, scene='street', instance_id=26000, dim=64)
  half = styles.interpolate(a, b, 0.5)
  styles.save('styles.json', {'street': {26000: half, 26001: b}})
"""

import hashlib
import json
import os
import pathlib
from collections.abc import Mapping

import numpy as np

from data_pipeline import atomic_file
from data_pipeline.errors import InputError

# In the place of an instance's id: the style of the whole image.
WHOLE_IMAGE = 0
# In the place of a scene's name: the same style in all scenes.
ANY_SCENE = ''
# Beyond any sample, average or extrapolation of N(0, 1) that an image shows.
LIMIT = 1e3
_FORMAT = 'instgan_jax styles'
# Below this share of its terms' length, a sum has no direction to speak of.
_VANISHING = 1e-4

Styles = dict[int, np.ndarray]


def sample(seed: int, scene: str, instance_id: int, dim: int) -> np.ndarray:
  """The style of one instance of a scene: float32 [dim] from N(0, 1).

  It is a function of the arguments alone, on every machine: it stays when
  other instances come, go or are renumbered.

  Args:
    seed: not negative.
    scene: the scene's name; `ANY_SCENE` for a style that is the same in all
      scenes.
    instance_id: as in the instance map; not negative.
    dim: length of the vector.

  Raises:
    InputError: if the seed or the id is negative.
  """
  if seed < 0 or instance_id < 0:
    raise InputError(
      f'seed is {seed} and the instance id {instance_id}: expected none '
      'below 0.'
    )
  key: tuple[int, ...] = (seed, instance_id)
  if scene != ANY_SCENE:
    digest = hashlib.sha256(scene.encode()).digest()
    key = (seed, int.from_bytes(digest[:8], 'big'), instance_id)
  return np.random.default_rng(key).standard_normal(dim, np.float32)


def interpolate(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
  """The style at `t` of the way from `a` to `b`, along the sphere.

  Styles of N(0, 1) lie near a sphere, so that points on the straight line
  between two would be unlike those that the generator was trained with. The
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
  if np.ndim(a) != 1 or np.shape(a) != np.shape(b):
    raise InputError(
      f'Got styles of shapes {np.shape(a)} and {np.shape(b)}, expected the '
      'same shape [D].'
    )
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


def save(
  path: str | os.PathLike[str],
  styles: Mapping[str, Mapping[int, np.ndarray]],
  weights_sha256: str = '',
) -> None:
  """Writes styles as JSON, from which `load` gives the same bits.

  Args:
    path: the file; its folder is made.
    styles: float32 [D] by scene name (or `ANY_SCENE`) and instance id.
    weights_sha256: of the generator for which they were made; '' for any.

  Raises:
    InputError: if `path` is a file of something else, which stays.
  """
  if pathlib.Path(path).exists():
    load(path)
  content = {
    'format': _FORMAT,
    'weights_sha256': weights_sha256,
    'styles': _to_json(styles.get(ANY_SCENE, {})),
    'scenes': {
      scene: _to_json(styles[scene])
      for scene in sorted(styles)
      if scene != ANY_SCENE
    },
  }
  atomic_file.write_text(path, json.dumps(content) + '\n')


def load(path: str | os.PathLike[str]) -> tuple[dict[str, Styles], str]:
  """Reads what `save` wrote: styles by scene and id, and `weights_sha256`.

  Raises:
    InputError: naming the file, if it is not of that form.
  """
  try:
    content = json.loads(pathlib.Path(path).read_text())
    if content['format'] != _FORMAT:
      raise ValueError(f'its format is {content["format"]!r}')
    # Files of versions before 0.2 have no scenes.
    scenes = {ANY_SCENE: content['styles'], **content.get('scenes', {})}
    styles = {scene: _from_json(scenes[scene]) for scene in scenes}
    styles = {scene: by_id for scene, by_id in styles.items() if by_id}
    return styles, str(content.get('weights_sha256', ''))
  except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
    raise InputError(
      f'{path} is no file of styles ({type(error).__name__}: {error}). '
      "Expected what --save_styles writes: {'format': '"
      + _FORMAT
      + "', 'styles': {id: [numbers]}, 'scenes': {scene: {id: [numbers]}}}."
    ) from error


def _to_json(styles: Mapping[int, np.ndarray]) -> dict[str, list[float]]:
  # The shortest decimals that give the same float32 again.
  return {
    str(i): [float(str(x)) for x in np.asarray(styles[i], np.float32)]
    for i in sorted(styles)
  }


def _from_json(content: Mapping[str, list[float]]) -> Styles:
  with np.errstate(over='ignore'):  # It is refused below.
    styles = {int(i): np.array(x, np.float32) for i, x in content.items()}
  for i, style in styles.items():
    if style.ndim != 1 or not np.isfinite(style).all():
      raise ValueError(f'the style of {i} is no list of finite numbers')
  return styles
