"""Parts of a class that touch, as its objects."""

import numpy as np

from data_pipeline import batch, connected_components
from data_pipeline.cityscapes import labels


def test_connected_components_join_what_touches():
  label_map = np.array([[26] * 5 + [24] * 2 + [23, 26]], np.uint8)
  scene = batch.Scene(np.zeros((1, 9, 3), np.uint8), label_map, None)
  ids = connected_components.instance_ids(scene, labels.TABLE)
  expected = [[26000] * 5 + [24000] * 2 + [23, 26001]]
  assert ids.tolist() == expected


def test_the_parts_of_a_class_stay_in_it():
  label_map = np.full((200, 50), 23, np.uint8)
  label_map[::2, ::2] = 24  # 2500 persons.
  scene = batch.Scene(np.zeros((200, 50, 3), np.uint8), label_map, None)
  ids = connected_components.instance_ids(scene, labels.TABLE)
  assert ids.max() == 24999 and (ids // 1000 == 24).sum() == 2500
