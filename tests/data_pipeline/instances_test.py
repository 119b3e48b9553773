import numpy as np
import pytest

from data_pipeline import instances
from data_pipeline.errors import InputError


def ids(*rows):
  return np.array(rows, np.uint16)


def test_things_are_numbered_in_the_order_of_their_raw_ids():
  dense = instances.dense_instance_map(
    ids([33007, 7, 24002], [26, 24002, 1000])
  )
  np.testing.assert_array_equal(dense.instance_map, [[3, 0, 2], [0, 2, 1]])
  assert dense.instance_map.dtype == np.uint16
  assert dense.instance_ids == (1000, 24002, 33007)
  assert all(type(number) is int for number in dense.instance_ids)
  assert dense.num_dropped == 0


def test_groups_and_stuff_belong_to_no_instance():
  dense = instances.dense_instance_map(ids([0, 26, 999]))
  np.testing.assert_array_equal(dense.instance_map, [[0, 0, 0]])
  assert (dense.instance_ids, dense.num_dropped) == ((), 0)


def test_first_id_says_what_an_instance_is():
  # Dense ids already, as in maps that are not of Cityscapes: 0 for none.
  dense = instances.dense_instance_map(ids([0, 7, 26000, 7, 1]), first_id=1)
  np.testing.assert_array_equal(dense.instance_map, [[0, 2, 3, 2, 1]])
  assert dense.instance_ids == (1, 7, 26000)
  assert dense.num_dropped == 0


def test_ids_below_the_first_one_do_not_count_as_dropped():
  dense = instances.dense_instance_map(
    ids([5, 5, 5, 9, 8, 8]), first_id=8, max_instances=1
  )
  assert dense.instance_ids == (8,)
  np.testing.assert_array_equal(dense.instance_map, [[0, 0, 0, 0, 1, 1]])
  assert dense.num_dropped == 1


def test_ids_above_15_bits_survive():
  dense = instances.dense_instance_map(ids([32767, 32768, 65535]))
  assert dense.instance_ids == (32767, 32768, 65535)
  np.testing.assert_array_equal(dense.instance_map, [[1, 2, 3]])


def test_raw_ids_lead_back_from_dense_ids():
  generator = np.random.default_rng(0)
  raw = generator.choice([7, 26, 24000, 24001, 26004, 33007], (20, 30))
  dense, raw_ids, _ = instances.dense_instance_map(raw.astype(np.uint16))
  table = np.concatenate([[0], raw_ids])
  np.testing.assert_array_equal(table[dense], np.where(raw >= 1000, raw, 0))


def test_over_the_maximum_the_largest_are_kept_and_the_rest_counted():
  # Areas: 24000 one, 24001 three, 26000 two, 26001 two; room for two.
  # 24001 stays as the largest; of the two of two pixels the smaller id does.
  dense, raw_ids, num_dropped = instances.dense_instance_map(
    ids([24000, 24001, 24001, 24001], [26001, 26001, 26000, 26000]),
    max_instances=2,
  )
  np.testing.assert_array_equal(raw_ids, [24001, 26000])
  np.testing.assert_array_equal(dense, [[0, 1, 1, 1], [0, 0, 2, 2]])
  assert num_dropped == 2


def test_exactly_the_maximum_fits():
  raw = np.arange(24000, 24256, dtype=np.uint16)[None]
  dense, raw_ids, num_dropped = instances.dense_instance_map(raw)
  np.testing.assert_array_equal(dense[0], np.arange(1, 257))
  assert (len(raw_ids), num_dropped) == (256, 0)


def test_signed_ids_are_refused():
  with pytest.raises(ValueError, match='must be uint16 or int32, got int16'):
    instances.dense_instance_map(np.zeros((2, 2), np.int16))


def test_agreeing_maps_pass():
  labels = np.array([[26, 26, 7], [33, 24, 0]], np.uint8)
  instances.check_labels_agree(
    labels, ids([26000, 26, 7], [33007, 24000, 0]), 'a'
  )


def test_disagreeing_maps_name_the_scene_the_count_and_an_example():
  labels = np.array([[26, 26, 7], [33, 24, 0]], np.uint8)
  message = (
    r'aachen_1: .* disagree in 2 of 6 pixels; at row 0, column 2 the instance'
    r' id is 8, the label 7\..*same annotation'
  )
  with pytest.raises(InputError, match=message):
    instances.check_labels_agree(
      labels, ids([26000, 26, 8], [33007, 25000, 0]), 'aachen_1'
    )
