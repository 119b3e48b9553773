"""Layouts are functions of maps and edits, whatever was asked for before."""

import numpy as np
import pydantic
import pytest

from data_pipeline.cityscapes.labels import TABLE
from data_pipeline.errors import InputError
from data_pipeline.toy_street import source
from instgan_jax.apps.studio import bodies, edit_log, map_files

_EDITS = pydantic.TypeAdapter(list[bodies.Edit])


def scene(edits, seed=1):
  street = source.generate_scene(seed, height=32)
  return bodies.Scene(
    name='x',
    base=bodies.Base(
      label_map=map_files.encode(street.label_map),
      instance_map=map_files.encode(street.instance_ids),
    ),
    edits=_EDITS.validate_python(edits),
  )


def log():
  return edit_log.EditLog(label_table=TABLE, max_pixels=10**5)


EDITS = [
  {'do': 'copy', 'id': 26018, 'box': [3, 4, 9, 12]},
  {'do': 'flip', 'id': 26018},
  {'do': 'paint', 'label': 8, 'points': [[4.0, 4.0], [9, 30]], 'radius': 3},
  {'do': 'order', 'id': 26018, 'position': 0},
  {'do': 'remove', 'id': 26017},
]


def test_step_by_step_and_all_at_once_are_the_same():
  kept = log()
  for number in (0, 1, 2, 3, 4, 5, 2, 5):
    made = kept.layout(scene(EDITS[:number]))
    fresh = log().layout(scene(EDITS[:number]))
    for a, b in zip(made.maps(), fresh.maps(), strict=True):
      np.testing.assert_array_equal(a, b)
    assert made.used_ids == fresh.used_ids


def test_scenes_are_told_apart_by_their_maps_and_edits():
  kept = log()
  first = kept.layout(scene(EDITS)).maps()[1]
  other = [*EDITS[:-1], {'do': 'remove', 'id': 26018}]
  assert (kept.layout(scene(other)).maps()[1] != first).any()
  assert (kept.layout(scene([], seed=2)).maps()[1] != first).any()
  np.testing.assert_array_equal(kept.layout(scene(EDITS)).maps()[1], first)


def test_a_refused_edit_leaves_what_was_before():
  kept = log()
  before = kept.layout(scene(EDITS[:2])).maps()[1]
  with pytest.raises(InputError, match='no instance 5'):
    kept.layout(scene([*EDITS[:2], {'do': 'flip', 'id': 5}]))
  np.testing.assert_array_equal(kept.layout(scene(EDITS[:2])).maps()[1], before)


def test_a_scene_that_is_too_large_is_refused():
  small = edit_log.EditLog(label_table=TABLE, max_pixels=100)
  with pytest.raises(InputError, match='has 32x64 pixels'):
    small.layout(scene([]))
