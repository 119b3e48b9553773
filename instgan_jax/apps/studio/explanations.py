"""What a generator sees besides the labels, as pictures."""

import functools

import jax
import numpy as np
from scipy import special

from instgan_jax.apps.studio import layout_edits
from instgan_jax.inference import scene_maps
from instgan_jax.inference import styles as styles_lib
from instgan_jax.models import position_map

_NOTHING = 48  # The gray where there is no instance.
# Compiled once for a size, whatever the number of instances.
_relative_position = jax.jit(
  functools.partial(
    position_map.relative_position, num_instances=layout_edits.MAX_INSTANCES
  )
)


def position(scene: scene_maps.SceneMaps) -> np.ndarray:
  """Where in its instance a pixel lies, equation (2)'s (u, v) as a color.

  Red grows from left to right and green from top to bottom of the bounding box
  of each instance, whatever its size.

  Returns:
    uint8 [H, W, 3].
  """
  relative = np.asarray(_relative_position(scene.instance_map[None]))[0]
  colors = np.full((*relative.shape[:2], 3), 150.0)
  colors[..., :2] = 127.5 * (relative + 1.0)
  colors[scene.instance_map == 0] = _NOTHING
  return np.round(colors).astype(np.uint8)


def style(scene: scene_maps.SceneMaps, styles: styles_lib.Styles) -> np.ndarray:
  """The style of each instance as a color; like styles have like colors.

  A style is projected to three directions, the same for all, and each of these
  values of N(0, 1) becomes its share of the normal distribution.

  Returns:
    uint8 [H, W, 3]; gray where there is no style.
  """
  colors = np.full((len(scene.instance_ids) + 1, 3), _NOTHING, np.uint8)
  for row, i in enumerate((styles_lib.WHOLE_IMAGE, *scene.instance_ids)):
    if i in styles:
      colors[row] = _color(styles[i])
  return colors[scene.instance_map]


def _color(values: np.ndarray) -> np.ndarray:
  directions = np.random.default_rng(0).standard_normal((len(values), 3))
  directions /= np.linalg.norm(directions, axis=0)
  return np.round(255 * special.ndtr(values @ directions)).astype(np.uint8)
