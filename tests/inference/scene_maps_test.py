"""Maps from arrays and files, in Cityscapes' ids and in dense ones."""

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from data_pipeline import labels as labels_lib
from data_pipeline.errors import InputError
from instgan_jax.inference import scene_maps

ROAD, SKY, PERSON, CAR = 7, 23, 24, 26
SIZE = (4, 8)
# Sky above a road with a person and two cars, one behind the other.
LABELS = np.array(
  [
    [SKY] * 8,
    [SKY, PERSON, SKY, CAR, CAR, CAR, CAR, SKY],
    [ROAD, PERSON, ROAD, CAR, CAR, CAR, CAR, ROAD],
    [ROAD] * 8,
  ],
  np.uint8,
)
DENSE = np.array(
  [
    [0] * 8,
    [0, 1, 0, 2, 2, 3, 3, 0],
    [0, 1, 0, 2, 2, 3, 3, 0],
    [0] * 8,
  ],
  np.uint8,
)
IDS = (24005, 26000, 26012)
CITYSCAPES = np.where(DENSE, np.array([0, *IDS])[DENSE], LABELS).astype(
  np.uint16
)


def read(labels=LABELS, instances=CITYSCAPES, **options):
  return scene_maps.read(labels, instances, **{'image_size': SIZE, **options})


def write(path, array):
  Image.fromarray(array).save(path)
  return path


def test_cityscapes_ids():
  scene = read()
  np.testing.assert_array_equal(scene.label_map, LABELS)
  np.testing.assert_array_equal(scene.instance_map, DENSE)
  assert scene.label_map.dtype == np.uint8
  assert scene.instance_map.dtype == np.uint16
  assert scene.instance_ids == IDS and scene.size == SIZE


def test_zero_is_no_instance_beside_cityscapes_ids():
  scene = read(instances=np.where(DENSE == 2, 0, DENSE * 0 + CITYSCAPES))
  assert scene.instance_ids == (IDS[0], IDS[2])
  emptied = np.where(DENSE, CITYSCAPES, 0).astype(np.uint16)
  assert read(instances=emptied).instance_ids == IDS


def test_dense_ids_may_have_gaps_and_keep_their_names():
  scene = read(instances=np.array([0, 3, 7, 900])[DENSE])
  np.testing.assert_array_equal(scene.instance_map, DENSE)
  assert scene.instance_ids == (3, 7, 900)


def test_groups_and_stuff_are_no_instances():
  group = np.where(CITYSCAPES == IDS[1], CAR, CITYSCAPES).astype(np.uint16)
  scene = read(instances=group)
  assert scene.instance_ids == (IDS[0], IDS[2])
  assert scene.instance_map[1, 3] == 0


def test_objects_of_classes_without_instances_are_none():
  # As KITTI-360 has them: label * 1000 in stuff as well.
  scene = read(instances=np.where(DENSE, CITYSCAPES, LABELS * np.uint16(1000)))
  assert scene.instance_ids == IDS
  np.testing.assert_array_equal(scene.instance_map, DENSE)


def test_a_scene_of_stuff_alone_has_no_instance():
  stuff = np.where(DENSE, ROAD, LABELS)
  for instances in (stuff, np.zeros_like(stuff), None):
    scene = read(stuff, instances)
    assert scene.instance_ids == () and not scene.instance_map.any()


@pytest.mark.parametrize('dtype', [np.uint8, np.int32, np.int64])
def test_any_integers_will_do(dtype):
  scene = read(LABELS.astype(dtype), DENSE.astype(dtype))
  assert scene.instance_ids == (1, 2, 3)


def test_files_and_arrays_are_read_alike(tmp_path):
  labels = write(tmp_path / 'labels.png', LABELS)
  for instances in (CITYSCAPES, DENSE, DENSE.astype(np.uint16)):
    path = write(tmp_path / 'instances.png', instances)
    from_files, from_arrays = read(labels, str(path)), read(LABELS, instances)
    for a, b in zip(from_files, from_arrays, strict=True):
      np.testing.assert_array_equal(a, b)


def test_jax_arrays_and_lists_will_do():
  scene = read(jnp.asarray(LABELS), CITYSCAPES.tolist())
  assert scene.instance_ids == IDS


def test_the_encoding_is_told_before_the_only_object_vanishes():
  labels = np.full((64, 128), ROAD)
  labels[3, 5] = CAR
  ids = np.where(labels == CAR, 26000, ROAD)
  ids[:, 64:] = 0
  assert read(labels, ids).instance_ids == ()


def test_maps_are_resized_by_the_nearest_pixel():
  large = (np.repeat(np.repeat(m, 3, 0), 3, 1) for m in (LABELS, CITYSCAPES))
  scene = read(*large)
  np.testing.assert_array_equal(scene.instance_map, DENSE)
  assert scene.size == (12, 24)
  enlarged = read(image_size=(8, 16))
  assert enlarged.label_map.shape == (8, 16)
  assert enlarged.instance_ids == IDS


def test_instances_that_vanish_at_the_generators_size_are_not_listed():
  scene = read(image_size=(2, 2))
  assert len(scene.instance_ids) < 3
  assert scene.instance_map.max() == len(scene.instance_ids)


def test_the_smallest_instances_over_the_maximum_are_dropped():
  # 2 pixels of the person, 4 of either car.
  scene = read(max_instances=2)
  assert scene.instance_ids == IDS[1:] and scene.num_dropped == 1
  np.testing.assert_array_equal(
    scene.instance_map, np.array([0, 0, 1, 2])[DENSE]
  )
  np.testing.assert_array_equal(scene.label_map, LABELS)
  # Of two that are equally large the one with the smaller id stays.
  assert read(max_instances=1).instance_ids == IDS[1:2]
  assert read(max_instances=3).num_dropped == 0


def test_a_scene_has_the_name_that_it_is_given():
  assert read(name='street').name == 'street'
  assert read().name == ''


def test_other_label_sets_have_instances_of_any_class():
  scene = read(LABELS + 100, DENSE, label_table=labels_lib.numbered(151))
  assert scene.instance_ids == (1, 2, 3) and scene.label_map.max() == CAR + 100


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    (
      {'instances': CITYSCAPES[:, :7]},
      r'the label map is 4x8 \(height x width\), the instance map 4x7',
    ),
    ({'instances': CITYSCAPES[::-1]}, 'disagree in .* pixels'),
    ({'instances': np.roll(DENSE, 1, axis=1)}, 'the instance 1 has the labels'),
    (
      {'instances': np.where(LABELS == ROAD, 9, DENSE)},
      'the instance 9 has the label 7, a class without instances',
    ),
    (
      {'labels': LABELS + 30},
      'label ids that no class has: 37, .* Expected 0..33',
    ),
    ({'labels': LABELS[..., None]}, r'uint8 of shape \(4, 8, 1\), expected'),
    ({'labels': LABELS / 1.0}, 'float64 of shape'),
    ({'instances': DENSE.astype(int) - 1}, r'values -1\.\.2'),
    ({'instances': CITYSCAPES.astype(int) * 10**4}, r'values 70000\.\.'),
    ({'labels': LABELS[:0], 'instances': DENSE[:0]}, r'shape \(0, 8\)'),
  ],
)
def test_what_does_not_fit_is_refused(change, message):
  with pytest.raises(InputError, match=message):
    read(**change)


def test_errors_name_the_file(tmp_path):
  labels = write(tmp_path / 'labels.png', LABELS)
  with pytest.raises(InputError, match='missing.png: cannot be read'):
    read(labels, tmp_path / 'missing.png')
  color = write(tmp_path / 'color.png', np.zeros((4, 8, 3), np.uint8))
  with pytest.raises(InputError, match='color.png: the label map is stored as'):
    read(color)
  with pytest.raises(InputError, match='color.png: the instance map is stored'):
    read(labels, color)
  with pytest.raises(
    InputError, match='labels.png: .* no class has: 23, .* Expected 0..19'
  ):
    read(labels, label_table=labels_lib.numbered(20))
