"""Variety of a generator's instances on val scenes, in the training loop."""

from collections.abc import Callable, Iterable

import numpy as np

from data_pipeline import batch as batch_lib
from data_pipeline import labels
from instgan_jax.evaluation import micv, style_change

CLASSES = ('car', 'person')  # The paper's.


def make_variety_evaluator(
  draw: Callable[..., np.ndarray], batches: Iterable[dict[str, np.ndarray]]
) -> Callable[..., dict[str, float]]:
  """Builds `evaluate(variables) -> {name: value}`.

  Args:
    draw: `(variables, batch, seed) -> uint8 [B, H, W, 3]`.
    batches: evaluation batches with their masks; kept.

  Returns:
    The evaluator. Its values: `micv_CLASS`, `micv_CLASS_real`, and
    `change_inside`, `change_outside` between two draws.
  """
  batches = list(batches)

  def without_padding(arrays):
    return np.concatenate(
      [
        array[batch[batch_lib.MASK]]
        for array, batch in zip(arrays, batches, strict=True)
      ]
    )

  images, label_maps, instance_maps = (
    without_padding([batch[key] for batch in batches])
    for key in (
      batch_lib.IMAGE,
      batch_lib.LABEL_MAP,
      batch_lib.INSTANCE_MAP,
    )
  )

  def evaluate(variables) -> dict[str, float]:
    draws = [
      without_padding([draw(variables, batch, seed) for batch in batches])
      for seed in (0, 1)
    ]
    change = style_change.draw_change(*draws, instance_maps)
    values = {
      'change_inside': change.inside,
      'change_outside': change.outside,
    }
    for name in CLASSES:
      label = labels.label_id(name)
      for key, pictures in ((name, draws[0]), (f'{name}_real', images)):
        values[f'micv_{key}'] = micv.micv(
          pictures, label_maps, instance_maps, label=label
        ).value
    return {key: x for key, x in values.items() if np.isfinite(x)}

  return evaluate
