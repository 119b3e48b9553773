"""Whether an export draws what the Sampler draws."""

from collections.abc import Callable

import numpy as np

from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.inference import scene_maps

# How far pictures in [-1, 1] may be apart, by the type of the computation: of
# bfloat16, which has 8 bits, folding moves some.
TOLERANCES = {'float32': 1e-5, 'bfloat16': 0.05}
BATCH_SIZES = (1, 3)
_CELL = 8  # Pixels.


def largest_difference(
  drawing: sampler_lib.Sampler, draw: Callable[..., np.ndarray]
) -> float:
  """Compares on random maps, in batches of several sizes.

  Args:
    drawing: the Sampler.
    draw: takes the keyword arguments of `Sampler.inputs` and gives float32
      [B, H, W, 3].

  Returns:
    The largest difference of a value in [-1, 1]; infinite for other shapes.
  """
  differences = []
  for batch_size in BATCH_SIZES:
    scenes = [random_scene(drawing, seed) for seed in range(batch_size)]
    styles = [drawing.styles(scene, seed) for seed, scene in enumerate(scenes)]
    expected = drawing.draw_floats(scenes, styles)
    found = np.asarray(draw(**drawing.inputs(scenes, styles)))
    if found.shape != expected.shape:
      return float('inf')
    differences.append(np.abs(found - expected).max())
  return float(np.max(differences))  # NaN if there is one.


def random_scene(
  drawing: sampler_lib.Sampler, seed: int
) -> scene_maps.SceneMaps:
  """A scene of random cells, every second one an instance."""
  generator = np.random.default_rng(seed)
  height, width = drawing.image_size
  cells = (-(-height // _CELL), -(-width // _CELL))
  num_instances = min(cells[0] * cells[1] // 2, drawing.max_instances)

  def enlarge(ids):
    ids = ids.repeat(_CELL, axis=0).repeat(_CELL, axis=1)
    return ids[:height, :width].astype(np.uint16)

  label_map = enlarge(
    generator.integers(drawing.config.model.num_labels, size=cells)
  )
  ids = np.zeros(cells[0] * cells[1], np.uint16)
  ids[:num_instances] = np.arange(1, num_instances + 1)
  return scene_maps.SceneMaps(
    label_map.astype(np.uint8),
    enlarge(generator.permutation(ids).reshape(cells)),
    tuple(range(1, num_instances + 1)),
    (height, width),
  )
