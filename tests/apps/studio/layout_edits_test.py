"""Laws of layouts and their edits, on toy streets."""

import numpy as np
import pytest

from data_pipeline.errors import InputError
from data_pipeline.toy_street import source
from instgan_jax.apps.studio import layout as layout_lib
from instgan_jax.apps.studio import layout_edits
from instgan_jax.inference import scene_maps

HEIGHT = 64
SEEDS = range(3)


def maps(seed):
  scene = source.generate_scene(seed, height=HEIGHT)
  return scene.label_map, scene.instance_ids


def read(label_map, instance_map, **options):
  size = label_map.shape
  return scene_maps.read(label_map, instance_map, image_size=size, **options)


def open_layout(label_map, instance_map):
  scene = read(label_map, instance_map)
  is_cityscapes = instance_map.max() >= 1000
  return layout_lib.from_maps(
    scene.label_map,
    scene.instance_map,
    scene.instance_ids,
    is_cityscapes=is_cityscapes,
  )


def dense(seed):
  """The maps of a street with dense ids."""
  label_map, ids = maps(seed)
  return label_map, read(label_map, ids).instance_map


def assert_same_maps(first, second):
  for a, b in zip(first.maps(), second.maps(), strict=True):
    np.testing.assert_array_equal(a, b)


def random_box(rng, layout):
  height, width = rng.integers(1, 50, 2)
  top, left = rng.integers(-30, layout.size)
  return layout_lib.Box(*map(int, (top, left, height, width)))


def random_edit(rng, layout):
  """Some edit with random arguments."""
  one = int(rng.choice([i.id for i in layout.instances]))
  points = rng.uniform(-10, 130, (int(rng.integers(1, 5)), 2))
  return [
    lambda: layout_edits.place(layout, one, random_box(rng, layout)),
    lambda: layout_edits.flip(layout, one),
    lambda: layout_edits.remove(layout, one),
    lambda: layout_edits.order(layout, one, int(rng.integers(-2, 99))),
    lambda: layout_edits.copy(layout, one, random_box(rng, layout)),
    lambda: layout_edits.add(
      layout, 26, rng.random((5, 9)) < 0.6, random_box(rng, layout)
    ),
    lambda: layout_edits.paint(layout, 8, points, rng.uniform(0, 9)),
    lambda: layout_edits.fill(layout, 21, tuple(rng.uniform(0, HEIGHT, 2))),
  ][rng.integers(8)]()


@pytest.mark.parametrize('seed', SEEDS)
@pytest.mark.parametrize('encoding', [maps, dense])
def test_apart_and_together_again_the_maps_are_the_same(seed, encoding):
  given = encoding(seed)
  layout = open_layout(*given)
  for made, expected in zip(layout.maps(), given, strict=True):
    np.testing.assert_array_equal(made, expected)
  assert not np.isin(layout.stuff, [24, 26]).any()


@pytest.mark.parametrize('seed', SEEDS)
@pytest.mark.parametrize('encoding', [maps, dense])
def test_after_any_edits_ids_are_unique_and_maps_valid(seed, encoding):
  rng = np.random.default_rng(seed)
  layout = open_layout(*encoding(seed))
  for _ in range(60):
    layout = random_edit(rng, layout)
    ids = [instance.id for instance in layout.instances]
    assert len(set(ids)) == len(ids) and set(ids) <= layout.used_ids
    label_map, instance_map = layout.maps()
    scene = read(label_map, instance_map)  # Refuses what is not valid.
    assert set(scene.instance_ids) <= set(ids)
    again = open_layout(label_map, instance_map)
    if again.instances:
      assert_same_maps(again, layout)


@pytest.mark.parametrize('seed', SEEDS)
def test_there_and_back_restores_the_maps(seed):
  rng = np.random.default_rng(seed)
  layout = open_layout(*maps(seed))
  for index, instance in enumerate(layout.instances):
    one, box = instance.id, random_box(rng, layout)
    moved = layout_edits.place(layout, one, box)
    assert_same_maps(layout_edits.place(moved, one, instance.box), layout)
    flipped = layout_edits.flip(layout, one)
    assert_same_maps(layout_edits.flip(flipped, one), layout)
    behind = layout_edits.order(layout, one, int(rng.integers(0, 9)))
    assert_same_maps(layout_edits.order(behind, one, index), layout)
    copied = layout_edits.copy(layout, one, box)
    (new,) = {i.id for i in copied.instances} - layout.used_ids
    assert_same_maps(layout_edits.remove(copied, new), layout)


def test_edits_leave_the_layout_that_they_get():
  rng = np.random.default_rng(0)
  layout = open_layout(*maps(0))
  before = layout.maps()
  for _ in range(30):
    random_edit(rng, layout)
  for made, expected in zip(layout.maps(), before, strict=True):
    np.testing.assert_array_equal(made, expected)


def square(label=26, instance_id=26000, column=2):
  """A road with a square of 2x2 pixels."""
  label_map = np.full((6, 8), 7, np.uint8)
  label_map[2:4, column : column + 2] = label
  ids = label_map.astype(np.uint16)
  ids[label_map == label] = instance_id
  return open_layout(label_map, ids)


def test_a_square_is_scaled_moved_and_cut_at_the_border():
  layout = layout_edits.place(
    square(), 26000, layout_lib.Box(-2, 5, 4, 4)
  )  # Rows -2..1, columns 5..8 of 8.
  expected = np.full((6, 8), 7)
  expected[:2, 5:] = 26000
  np.testing.assert_array_equal(layout.maps()[1], expected)


def test_the_instance_in_front_hides_the_one_behind():
  layout = layout_edits.copy(square(), 26000, layout_lib.Box(2, 3, 2, 2))
  assert [i.id for i in layout.instances] == [26000, 26001]
  np.testing.assert_array_equal(
    layout.maps()[1][2], [7, 7, 26000, 26001, 26001, 7, 7, 7]
  )
  behind = layout_edits.order(layout, 26001, 0)
  np.testing.assert_array_equal(
    behind.maps()[1][2], [7, 7, 26000, 26000, 26001, 7, 7, 7]
  )


def test_an_id_is_not_used_again_after_its_instance_is_gone():
  layout = layout_edits.remove(square(), 26000)
  assert layout.maps()[1].max() == 7
  layout = layout_edits.add(
    layout, 26, np.ones((2, 2), bool), layout_lib.Box(0, 0, 2, 2)
  )
  assert [i.id for i in layout.instances] == [26001]


def test_a_brush_paints_the_pixels_whose_centers_it_covers():
  # From the center of (1, 1) to that of (1, 4), radius 1: one pixel around.
  layout = layout_edits.paint(
    square(column=6), 8, np.array([[1.5, 1.5], [1.5, 4.5]]), 1.0
  )
  expected = np.full((6, 8), 7)
  expected[1, :6] = 8
  expected[0, 1:5] = expected[2, 1:5] = 8
  np.testing.assert_array_equal(layout.stuff, expected)


def test_a_fill_ends_where_another_label_begins():
  layout = layout_edits.paint(
    square(), 8, np.array([[-1.0, 4.5], [7.0, 4.5]]), 0.5
  )
  layout = layout_edits.fill(layout, 21, (0.5, 0.5))
  np.testing.assert_array_equal(layout.stuff[0], [21] * 4 + [8] + [7] * 3)
  # Behind the square as well: it hides the stuff but does not divide it.
  np.testing.assert_array_equal(layout.stuff[3], [21] * 4 + [8] + [7] * 3)


def test_instances_that_are_scattered_everywhere_are_refused():
  """Each of 500 has a pixel in two corners: its box is the whole picture."""
  ids = 26000 + np.arange(1000).reshape(20, 50)
  ids = np.minimum(ids, 27000 - 1 - (ids - 26000)).astype(np.uint16)
  label_map = np.full((20, 50), 26, np.uint8)
  with pytest.raises(InputError, match='more than 64 times the picture'):
    open_layout(label_map, ids)


def test_shapes_that_are_added_have_a_limit_in_all():
  layout = square()
  whole = np.ones((6, 8), bool)
  with pytest.raises(InputError, match='more than 64 times the picture'):
    for _ in range(70):
      box = layout_lib.Box(0, 0, 6, 8)
      layout = layout_edits.add(layout, 26, whole, box)
  assert len(layout.instances) == 64  # The square, and 63 of 48 pixels.


@pytest.mark.parametrize(
  ('edit', 'message'),
  [
    (lambda x: layout_edits.flip(x, 9), 'There is no instance 9'),
    (
      lambda x: layout_edits.place(x, 26000, layout_lib.Box(0, 0, 0, 3)),
      r'The box is \(0, 0, 0, 3\)',
    ),
    (
      lambda x: layout_edits.copy(x, 26000, layout_lib.Box(0, 99, 3, 3)),
      'at most 32 pixels away',
    ),
    (
      lambda x: layout_edits.add(
        x, 26, np.zeros((2, 2), bool), layout_lib.Box(0, 0, 2, 2)
      ),
      'The shape is .* with 0 pixels',
    ),
    (lambda x: layout_edits.fill(x, 8, (6.0, 0.0)), r'The point is \(6, 0\)'),
  ],
)
def test_what_cannot_be_is_refused(edit, message):
  with pytest.raises(InputError, match=message):
    edit(square())
