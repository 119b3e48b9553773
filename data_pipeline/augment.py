"""Augmentation of a whole scene at once, a function of its arguments alone."""

from data_pipeline import batch


def flip_horizontally(scene: batch.Scene) -> batch.Scene:
  """Mirrors the image and its maps left to right; ids keep their values.

  Args:
    scene: arrays [H, W] or [H, W, C], or None for an image that is absent.

  Returns:
    Views of the arrays, with the columns in reverse.
  """
  return batch.Scene(
    *(None if array is None else array[:, ::-1] for array in scene)
  )
