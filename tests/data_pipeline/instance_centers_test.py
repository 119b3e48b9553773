"""Objects as centers and offsets: what goes in comes out again."""

import numpy as np
import pytest

from data_pipeline import instance_centers, instances, toy_street
from data_pipeline.cityscapes import labels

CAR, PERSON, SKY = 26, 24, 23
IS_THING = np.zeros(256, bool)
IS_THING[[label.id for label in labels.TABLE.things]] = True


def street(index):
  """The label map and the dense instance map of a toy street."""
  scene = toy_street.ToyStreet(6, height=64).read(index)
  dense = instances.dense_instance_map(scene.instance_ids).instance_map
  # Groups have labels of things, and no objects.
  return np.where(
    IS_THING[scene.label_map] & (dense == 0), 0, scene.label_map
  ), dense


def round_trip(label_map, instance_map):
  found = instance_centers.targets(label_map, instance_map)
  centers = instance_centers.true_centers(label_map, instance_map)
  return instance_centers.group(label_map, found.offsets, centers, IS_THING)


@pytest.mark.parametrize('index', range(6))
def test_offsets_of_a_map_group_back_to_it(index):
  label_map, instance_map = street(index)
  assert instance_map.max() > 3
  np.testing.assert_array_equal(
    round_trip(label_map, instance_map), instance_map
  )


def test_a_renumbering_changes_no_target():
  label_map, instance_map = street(0)
  numbers = np.arange(instance_map.max() + 1)
  numbers[1:] = np.random.default_rng(0).permutation(numbers[1:])
  for a, b in zip(
    instance_centers.targets(label_map, instance_map),
    instance_centers.targets(label_map, numbers[instance_map]),
    strict=True,
  ):
    np.testing.assert_array_equal(a, b)


def test_mirrored_maps_have_mirrored_targets():
  # Of odd sides: of an even one two pixels are as near to the mean.
  label_map = np.full((9, 15), SKY)
  instance_map = np.zeros((9, 15), int)
  label_map[2:5, 0:5], instance_map[2:5, 0:5] = CAR, 1
  label_map[3:8, 8:11], instance_map[3:8, 8:11] = CAR, 2
  plain = instance_centers.targets(label_map, instance_map)
  mirrored = instance_centers.targets(label_map[:, ::-1], instance_map[:, ::-1])
  np.testing.assert_array_equal(mirrored.heat, plain.heat[:, ::-1])
  np.testing.assert_array_equal(
    mirrored.offsets, plain.offsets[:, ::-1] * [1, -1]
  )


def test_targets_of_an_object_by_hand():
  # A car of three pixels in a corner; its middle one is the center. The height
  # is small, so that sigma is one pixel.
  label_map, instance_map = np.full((4, 6), SKY), np.zeros((4, 6), int)
  label_map[0, :3], instance_map[0, :3] = CAR, 7
  found = instance_centers.targets(label_map, instance_map)
  np.testing.assert_array_equal(found.is_object, instance_map > 0)
  np.testing.assert_array_equal(found.offsets[0, :3], [[0, 1], [0, 0], [0, -1]])
  # exp(-1 / 2) one pixel beside the center, and nothing outside.
  np.testing.assert_allclose(found.heat[0, :3], [0.606531, 1, 0.606531], 1e-5)
  assert found.heat[1:].max() == found.heat[0, 3:].max() == 0


def test_a_center_is_a_pixel_of_its_object():
  # A ring around a person, whose mean is on the person.
  label_map, instance_map = np.full((5, 5), CAR), np.ones((5, 5), int)
  label_map[1:4, 1:4], instance_map[1:4, 1:4] = PERSON, 2
  centers = instance_centers.true_centers(label_map, instance_map)
  assert centers.labels.tolist() == [CAR, PERSON]
  assert centers.points[1].tolist() == [2, 2]
  np.testing.assert_array_equal(
    round_trip(label_map, instance_map), instance_map
  )


def test_pixels_go_to_centers_of_their_own_class():
  label_map = np.array([[CAR, CAR, PERSON, PERSON, SKY]])
  # All point at the car's center, at the left end.
  offsets = np.stack([np.zeros((1, 5)), -np.arange(5.0)[None]], -1)
  centers = instance_centers.Centers(
    np.array([[0.0, 0.0], [0.0, 3.0]]), np.array([CAR, PERSON]), np.ones(2)
  )
  grouped = instance_centers.group(label_map, offsets, centers, IS_THING)
  assert grouped.tolist() == [[1, 1, 2, 2, 0]]
  only_car = instance_centers.Centers(*(array[:1] for array in centers))
  grouped = instance_centers.group(label_map, offsets, only_car, IS_THING)
  assert grouped.tolist() == [[1, 1, 0, 0, 0]]
  none = instance_centers.Centers(*(array[:0] for array in centers))
  assert not instance_centers.group(label_map, offsets, none, IS_THING).any()


def test_the_labels_may_be_larger_than_what_the_network_saw():
  label_map, instance_map = street(1)
  found = instance_centers.targets(label_map, instance_map)
  centers = instance_centers.true_centers(label_map, instance_map)
  large = label_map.repeat(2, 0).repeat(3, 1)
  np.testing.assert_array_equal(
    instance_centers.group(large, found.offsets, centers, IS_THING),
    instance_map.repeat(2, 0).repeat(3, 1),
  )


def test_peaks_are_maxima_inside_a_class():
  label_map = np.array([[CAR, CAR, CAR, PERSON, PERSON, SKY, SKY]])
  heat = np.array([[0.8, 0.2, 0.5, 0.05, 0.04, 0.9, 0.0]])
  centers = instance_centers.peaks(label_map, heat, IS_THING)
  # The car at 0.5 is beside a person; the person, though below the threshold,
  # is the hottest one; the sky is no thing.
  assert centers.points.tolist() == [[0, 0], [0, 2], [0, 3]]
  assert centers.labels.tolist() == [CAR, CAR, PERSON]
  assert centers.confidences.tolist() == [0.8, 0.5, 0.05]


def test_the_heat_of_true_objects_has_their_centers():
  label_map, instance_map = street(2)
  true = instance_centers.true_centers(label_map, instance_map)
  heat = instance_centers.targets(label_map, instance_map).heat
  found = instance_centers.peaks(label_map, heat, IS_THING)
  places = {*map(tuple, found.points.tolist())}
  missing = [p for p in true.points.tolist() if tuple(p) not in places]
  assert len(missing) <= 0.1 * len(true.points)  # Neighbors by one pixel.


def test_a_map_of_any_heat_has_a_bounded_number_of_objects():
  rng = np.random.default_rng(0)
  label_map = np.full((200, 200), CAR)
  centers = instance_centers.peaks(label_map, rng.random((200, 200)), IS_THING)
  assert len(centers.points) == 256
  assert (np.diff(centers.confidences) <= 0).all()
  offsets = np.zeros((200, 200, 2))
  grouped = instance_centers.group(label_map, offsets, centers, IS_THING)
  ids = instance_centers.instance_ids(label_map, grouped, centers, 0.0)
  assert set(np.unique(ids)) == set(range(26000, 26256))


def test_objects_that_are_not_sure_are_groups():
  label_map = np.array([[CAR, CAR, PERSON, SKY]])
  centers = instance_centers.Centers(
    np.zeros((3, 2)), np.array([CAR, PERSON, CAR]), np.array([0.9, 0.5, 0.2])
  )
  grouped = np.array([[1, 3, 2, 0]])

  def ids(min_confidence):
    return instance_centers.instance_ids(
      label_map, grouped, centers, min_confidence
    ).tolist()

  assert ids(0.0) == [[26000, 26001, 24000, SKY]]
  assert ids(0.5) == [[26000, CAR, 24000, SKY]]
  assert ids(1.0) == [[CAR, CAR, PERSON, SKY]]
  # What is written agrees with the labels.
  instances.check_labels_agree(label_map, np.array(ids(0.5)), 'scene')


def test_a_scene_without_things_has_no_objects():
  label_map, instance_map = np.full((4, 8), SKY), np.zeros((4, 8), int)
  found = instance_centers.targets(label_map, instance_map)
  assert not found.is_object.any() and not found.heat.any()
  centers = instance_centers.peaks(label_map, found.heat, IS_THING)
  assert not len(centers.points)
  assert not round_trip(label_map, instance_map).any()
