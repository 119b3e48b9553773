import tracemalloc

import numpy as np
import pytest

from data_pipeline import instances, toy_street
from data_pipeline.cityscapes import labels as labels_lib
from instgan_jax.evaluation import border_contrast

CAR = 26


def contrast_of(grays, instance_ids, labels=CAR):
  """Of gray pixels, 0..255, with their instances and label."""
  instance_map = np.array(instance_ids, np.uint16)
  label_map = np.broadcast_to(np.array(labels, np.uint8), instance_map.shape)
  image = np.repeat(np.array(grays, np.uint8)[..., None], 3, axis=-1)
  return border_contrast.image_border_contrast(
    image, label_map, instance_map, CAR
  )


def test_a_row_by_hand():
  # Bands: 2 pixels on either side of the border. (51 + 102) / 2 = 76.5 and
  # (204 + 255) / 2 = 229.5; the ends are too far. 153 / 255 = .6.
  value, num_pairs = contrast_of(
    [[255, 51, 102, 204, 255, 0]], [[1, 1, 1, 2, 2, 2]]
  )
  assert value == pytest.approx(0.6)
  assert num_pairs == 1


def test_channels_are_averaged():
  image = np.array([[[255, 0, 0], [0, 0, 51]]], np.uint8)
  value, _ = border_contrast.image_border_contrast(
    image, np.full((1, 2), CAR), np.array([[1, 2]]), CAR
  )
  # (1 + 0 + .2) / 3.
  assert value == pytest.approx(0.4)


def test_the_band_is_counted_in_steps_between_4_neighbors():
  # Instance 2 is one pixel, top right. Of 1, two steps away are the left end
  # of its row, the pixel below, both pixels beside that and two below; the
  # corners three and four steps away are not.
  ids = [[1, 1, 2], [1, 1, 1], [1, 1, 1]]
  near = [[10, 10, 90], [255, 10, 10], [255, 255, 10]]
  value, num_pairs = contrast_of(near, ids)
  assert value == pytest.approx(80 / 255)
  assert num_pairs == 1


def test_each_pair_counts_once_and_alike():
  # 1-2 along three rows: 255 against 0; 2-3 along one: 0 against 51.
  # The bands of 2 toward 1 and 3 overlap. (1 + .2) / 2.
  ids = [[1, 2, 2], [1, 2, 0], [1, 2, 3]]
  grays = [[255, 0, 0], [255, 0, 99], [255, 0, 51]]
  # 1 toward 2 is the left column; 3 reaches 2 alone, 2 reaches 3 within two
  # steps, all of them 0.
  value, num_pairs = contrast_of(grays, ids)
  assert num_pairs == 2
  assert value == pytest.approx(0.6)


@pytest.mark.parametrize(
  'ids, labels',
  [
    ([[1, 1, 1, 1]], CAR),
    ([[0, 0, 0, 0]], CAR),
    ([[1, 0, 2, 2]], CAR),  # Within two pixels, but they do not touch.
    ([[1, 1, 2, 2]], [[CAR, CAR, 24, 24]]),
    ([[1, 0], [0, 2]], CAR),  # A corner is no border.
  ],
  ids=['one', 'none', 'apart', 'another class', 'corner'],
)
def test_without_a_border_there_is_no_contrast(ids, labels):
  assert contrast_of(np.zeros_like(ids), ids, labels) is None


def direct_contrast(image, label_map, instance_map, label):
  """The definition as it stands: a pair, a pixel, a neighbor at a time."""
  ids = np.where(label_map == label, instance_map, 0)
  places = {i: np.argwhere(ids == i) for i in np.unique(ids[ids > 0])}

  def band(a, b, width):
    steps = np.abs(places[a][:, None] - places[b][None]).sum(axis=-1)
    return places[a][(steps <= width).any(axis=1)]

  contrasts = []
  for a in places:
    for b in places:
      if a < b and len(band(a, b, 1)):
        colors = [
          image[tuple(band(*pair, 2).T)].mean(axis=0) / 255
          for pair in ((a, b), (b, a))
        ]
        contrasts.append(np.abs(colors[0] - colors[1]).mean())
  return np.mean(contrasts), len(contrasts)


@pytest.mark.parametrize('height, width', [(9, 13), (1, 20), (20, 1), (2, 2)])
def test_equals_the_definition_on_noise(height, width):
  rng = np.random.default_rng(0)
  image = rng.integers(0, 256, (height, width, 3), np.uint8)
  instance_map = rng.integers(0, 5, (height, width)).astype(np.uint16)
  instance_map[0, 0], instance_map[-1, -1] = 0, 4
  label_map = np.where(instance_map == 3, 24, CAR)
  scene = image, label_map, instance_map, CAR
  value, num_pairs = border_contrast.image_border_contrast(*scene)
  expected, expected_pairs = direct_contrast(*scene)
  assert value == pytest.approx(expected, rel=1e-12)
  assert num_pairs == expected_pairs


def dense_street(seed, height):
  scene = toy_street.generate_scene(seed, height=height)
  instance_map = instances.dense_instance_map(scene.instance_ids).instance_map
  return scene.image, scene.label_map, instance_map, CAR


def test_equals_the_definition_on_toy_streets_and_the_numbers_do_not_matter():
  measured = 0
  for seed in range(6):
    image, label_map, instance_map, label = dense_street(seed, 64)
    found = border_contrast.image_border_contrast(
      image, label_map, instance_map, label
    )
    if found is None:
      continue
    measured += 1
    assert found == pytest.approx(
      direct_contrast(image, label_map, instance_map, label), rel=1e-12
    )
    renumbered = np.where(instance_map > 0, 60000 - instance_map, 0)
    assert found == pytest.approx(
      border_contrast.image_border_contrast(
        image, label_map, renumbered, label
      ),
      rel=1e-12,
    )
  assert measured >= 2


def test_many_instances_are_measured_in_arrays_of_the_map_alone():
  # 512 squares of 8x8 pixels: pairs by pixels would be 8 billion values.
  height, width = 128, 256
  rows, columns = np.indices((height, width)) // 8
  instance_map = (1 + rows * (width // 8) + columns).astype(np.uint16)
  image = np.random.default_rng(0).integers(
    0, 256, (height, width, 3), np.uint8
  )
  label_map = np.full((height, width), CAR, np.uint8)
  tracemalloc.start()
  _, num_pairs = border_contrast.image_border_contrast(
    image, label_map, instance_map, CAR
  )
  _, peak = tracemalloc.get_traced_memory()
  tracemalloc.stop()
  # 16 x 31 to the right, 15 x 32 below.
  assert num_pairs == 16 * 31 + 15 * 32
  assert peak < 100 * 8 * height * width


def test_the_meter_averages_images_and_says_what_is_missing():
  meter = border_contrast.meter(labels_lib.TABLE.named('car'))
  empty = meter.result()
  assert np.isnan(empty.value)
  assert empty.reason == "no image has two instances of 'car' that touch"
  label_map = np.full((1, 2), CAR)
  for other in (51, 255):
    image = np.zeros((1, 2, 3), np.uint8)
    image[0, 1] = other
    meter.update(image, label_map, np.array([[1, 2]]))
  meter.update(image, label_map, np.array([[1, 1]]))
  found = meter.result()
  # (.2 + 1) / 2.
  assert found.value == pytest.approx(0.6)
  assert (found.num_images, found.num_items, found.reason) == (2, 2, '')
