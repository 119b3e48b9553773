"""Whether an export generates what the Sampler generates."""

from collections.abc import Callable

import numpy as np

from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.inference import scene_maps

# How much images in [-1, 1] may differ, by the type of the computation: of
# bfloat16, which has 8 bits, folding changes some.
TOLERANCES = {'float32': 1e-5, 'bfloat16': 0.05}
BATCH_SIZES = (1, 3)
_CELL = 8  # Pixels.


def largest_difference(
  sampler: sampler_lib.Sampler, generate: Callable[..., np.ndarray]
) -> float:
  """Compares on random maps, in batches of several sizes.

  Args:
    sampler: to compare with.
    generate: takes the keyword arguments of `Sampler.inputs` and returns
      float32 [B, H, W, 3].

  Returns:
    The largest difference of a value in [-1, 1]; infinite for other shapes.
  """
  differences = []
  for batch_size in BATCH_SIZES:
    scenes = [random_scene(sampler, seed) for seed in range(batch_size)]
    styles = [sampler.styles(scene, seed) for seed, scene in enumerate(scenes)]
    inputs = sampler.inputs(scenes, styles)
    expected = sampler.run(inputs)
    images = np.asarray(generate(**inputs))
    if images.shape != expected.shape:
      return float('inf')
    differences.append(np.abs(images - expected).max())
  return float(np.max(differences))  # NaN if there is one.


def random_scene(
  sampler: sampler_lib.Sampler, seed: int
) -> scene_maps.SceneMaps:
  """A scene of random cells, every second one an instance."""
  rng = np.random.default_rng(seed)
  height, width = sampler.image_size
  cells = (-(-height // _CELL), -(-width // _CELL))
  num_instances = min(cells[0] * cells[1] // 2, sampler.max_instances)

  def enlarge(ids):
    ids = ids.repeat(_CELL, axis=0).repeat(_CELL, axis=1)
    return ids[:height, :width].astype(np.uint16)

  label_map = enlarge(rng.integers(sampler.config.model.num_labels, size=cells))
  ids = np.zeros(cells[0] * cells[1], np.uint16)
  ids[:num_instances] = np.arange(1, num_instances + 1)
  return scene_maps.SceneMaps(
    label_map.astype(np.uint8),
    enlarge(rng.permutation(ids).reshape(cells)),
    tuple(range(1, num_instances + 1)),
    (height, width),
    name=f'random {seed}',
  )
