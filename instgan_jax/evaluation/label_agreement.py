"""Whether an image shows the labels that it was generated of."""

import numpy as np

from data_pipeline import labels
from instgan_jax.evaluation import segmenter


class LabelAgreement:
  """Compares what a segmenter sees with a label map.

  Attributes:
    weights_sha256: of the segmenter.
  """

  def __init__(self, folder: str, label_table: labels.LabelTable):
    """Loads the segmenter.

    Args:
      folder: as `segmenter.load` takes it.
      label_table: of the label maps.

    Raises:
      InputError: if it cannot be used, or has other classes.
    """
    self._segmenter = segmenter.load(folder)
    segmenter.check_classes(self._segmenter, label_table, folder)
    self._is_scored = label_table.train_ids != labels.IGNORED
    self.weights_sha256 = self._segmenter.metadata['weights_sha256']

  def shares(self, images: np.ndarray, label_maps: np.ndarray) -> np.ndarray:
    """The share of the scored pixels in which image and label map agree.

    Args:
      images: uint8 [B, H, W, 3].
      label_maps: uint8 [B, H, W], label ids.

    Returns:
      float [B], 0 to 1; 1 for a map without scored pixels.
    """
    seen = self._segmenter.label_maps(images, label_maps.shape[1:])
    is_scored = self._is_scored[label_maps]
    num_right = np.sum((seen == label_maps) & is_scored, axis=(1, 2))
    num_scored = np.sum(is_scored, axis=(1, 2))
    return np.where(num_scored, num_right / np.maximum(num_scored, 1), 1.0)
