import numpy as np
import pytest

from data_pipeline import batch, instances, toy_street
from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError

pytestmark = pytest.mark.slow


CAR, PERSON = labels.TABLE.named('car').id, labels.TABLE.named('person').id
HEIGHT = 64
NUM_SCENES = 150


@pytest.fixture(scope='module')
def scenes():
  source = toy_street.ToyStreet(NUM_SCENES, height=HEIGHT, seed=3)
  return [source.read(index) for index in range(NUM_SCENES)]


@pytest.fixture(scope='module')
def cars(scenes):
  """One row a car: height, bottom, middle column, its mean color, scene."""
  rows = []
  for number, scene in enumerate(scenes):
    for raw_id in things_of(scene):
      if raw_id // 1000 == CAR:
        y, x = np.nonzero(scene.instance_ids == raw_id)
        color = scene.image[y, x].mean(0) / 255
        rows.append((y.max() - y.min() + 1, y.max(), x.mean(), *color, number))
  return np.array(rows)


def things_of(scene):
  raw_ids = np.unique(scene.instance_ids)
  return raw_ids[raw_ids >= instances.FIRST_THING_ID]


def mean_fraction(scenes, name):
  label = labels.TABLE.named(name).id
  return np.mean([(scene.label_map == label).mean() for scene in scenes])


def assert_same(got, expected):
  for array, other in zip(got, expected, strict=True):
    np.testing.assert_array_equal(array, other)


def differs(scene, other):
  return not np.array_equal(scene.image, other.image)


def test_scene_is_a_function_of_the_seed():
  first = toy_street.generate_scene(5, height=32)
  other = toy_street.generate_scene(6, height=32)
  assert_same(toy_street.generate_scene(5, height=32), first)
  assert differs(first, other)


def test_generating_leaves_the_global_generator_alone():
  np.random.seed(1)
  expected = np.random.RandomState(1).random(3)
  toy_street.generate_scene(5, height=16)
  np.testing.assert_array_equal(np.random.random(3), expected)


@pytest.mark.parametrize('height', [2, 62, 128])
def test_scene_keeps_the_contract(height):
  scene = toy_street.generate_scene(1, height=height)
  kinds = [(str(array.dtype), array.shape) for array in scene]
  shape = (height, 2 * height)
  assert kinds == [('uint8', (*shape, 3)), ('uint8', shape), ('uint16', shape)]


def test_every_pixel_follows_the_encoding(scenes):
  for scene in scenes:
    instances.check_labels_agree(scene.label_map, scene.instance_ids, 'toy')
    assert scene.label_map.min() > 0
    assert scene.label_map.max() < len(labels.TABLE.labels)
    of_things = set((things_of(scene) // 1000).tolist())
    assert of_things <= {label.id for label in labels.TABLE.things}


@pytest.mark.parametrize('seed', range(4))
def test_same_street_at_every_height(seed):
  small = toy_street.generate_scene(seed, height=64)
  large = toy_street.generate_scene(seed, height=192)
  # The middle pixels of 3 x 3 blocks have the centers of the small pixels.
  assert (large.label_map[1::3, 1::3] == small.label_map).mean() > 0.97
  assert (large.instance_ids[1::3, 1::3] == small.instance_ids).mean() > 0.97
  blocks = large.image.reshape(64, 3, 128, 3, 3).mean((1, 3))
  assert np.abs(blocks - small.image).mean() < 3


def test_height_over_the_oversampling_gives_the_same_street():
  small = toy_street.generate_scene(2, height=64)
  # 17 * 64, one sample a pixel.
  large = toy_street.generate_scene(2, height=1088)
  assert (large.label_map[8::17, 8::17] == small.label_map).mean() > 0.97
  blocks = large.image.reshape(64, 17, 128, 17, 3).mean((1, 3))
  assert np.abs(blocks - small.image).mean() < 4


@pytest.mark.parametrize('height', [0, -64, 63, 1])
def test_other_heights_are_refused(height):
  with pytest.raises(InputError, match=rf'even number .* got {height}\.'):
    toy_street.generate_scene(0, height=height)
  with pytest.raises(InputError, match=rf'even number .* got {height}\.'):
    toy_street.ToyStreet(1, height=height)


def test_wrong_arguments_of_the_source_are_refused():
  with pytest.raises(InputError, match='num_scenes .* got -1'):
    toy_street.ToyStreet(-1, height=64)
  with pytest.raises(InputError, match='seed must not be negative, got -2'):
    toy_street.ToyStreet(1, height=64, seed=-2)
  with pytest.raises(InputError, match="no split 'test'.*train, val"):
    toy_street.ToyStreet(1, height=64, split='test')
  with pytest.raises(IndexError, match=r'0\.\.1, got 2'):
    toy_street.ToyStreet(2, height=64).read(2)


def test_source_names_and_generates_its_scenes():
  source = toy_street.ToyStreet(13, height=16)
  assert len(source) == len(set(source.image_ids)) == 13
  assert source.image_ids[12] == 'toytown_000012_000019'
  assert_same(source.read(3), source.read(3))


def test_splits_and_seeds_have_no_street_in_common():
  images = [
    toy_street.ToyStreet(6, height=16, seed=seed, split=split)
    .read(index)
    .image.tobytes()
    for seed in (0, 1, 2)
    for split in ('train', 'val')
    for index in range(6)
  ]
  assert len(set(images)) == len(images)


# Bands around FACTS of 23 real maps: road .337, building .206, vegetation
# .131, car .094, sidewalk .044, sky .026, pole .012, person .007, sign .007.
# A tenth of the real pixels is void, so the bands reach a tenth higher; the
# sky is wider, to be visible at 64 rows.
@pytest.mark.parametrize(
  ('name', 'low', 'high'),
  [
    ('road', 0.30, 0.38),
    ('building', 0.18, 0.26),
    ('vegetation', 0.11, 0.17),
    ('car', 0.08, 0.13),
    ('sidewalk', 0.03, 0.055),
    ('sky', 0.02, 0.065),
    ('pole', 0.006, 0.018),
    ('person', 0.005, 0.018),
    ('traffic sign', 0.004, 0.012),
    ('terrain', 0.002, 0.012),
    ('bicycle', 0.001, 0.007),
    ('ego vehicle', 0.01, 0.06),
  ],
)
def test_class_fractions(scenes, name, low, high):
  assert low < mean_fraction(scenes, name) < high


@pytest.mark.parametrize(
  'name',
  ['rider', 'motorcycle', 'fence', 'wall', 'traffic light', 'truck', 'bus'],
)
def test_rare_classes_are_somewhere(scenes, name):
  assert 0 < mean_fraction(scenes, name) < 0.012


def test_counts_are_over_dispersed(scenes):
  counts = np.array([len(things_of(scene)) for scene in scenes])
  # 24 in the mean and a variance of 142 at 256 rows; a third of the objects
  # has no pixel at 64.
  assert 16 < counts.mean() < 30
  assert counts.var() > 2 * counts.mean()
  # Not because of the crowds alone.
  usual = counts[counts <= 100]
  assert 13 < usual.mean() < 22
  assert usual.var() > 2 * usual.mean()


def test_some_streets_are_empty_and_some_crowded(scenes):
  counts = np.array([len(things_of(scene)) for scene in scenes])
  assert 1 <= (counts == 0).sum() <= 12
  assert 1 <= (counts > 100).sum() <= 12
  assert counts.max() <= batch.MAX_INSTANCES


def test_some_objects_are_groups(scenes):
  has_group = [
    np.isin(
      scene.instance_ids, [label.id for label in labels.TABLE.things]
    ).any()
    for scene in scenes
  ]
  assert 0.1 < np.mean(has_group) < 0.5


def test_car_sizes(cars):
  # At 256 rows the real percentiles 10, 50, 90 are 5, 15, 61 pixels, hence
  # 1, 4, 15 at 64 rows.
  low, middle, high = np.percentile(cars[:, 0], (10, 50, 90))
  assert 1 <= low <= 3
  assert 3 <= middle <= 7
  assert 12 <= high <= 20


def test_cars_grow_downward(cars):
  height, bottom = cars[:, 0], cars[:, 1]
  assert np.corrcoef(height, bottom)[0, 1] > 0.85
  # The horizon lies at about 0.42 of the rows.
  assert 0.38 < np.percentile(bottom, 10) / HEIGHT < 0.47


def test_most_streets_have_a_visible_car(cars):
  tall = np.unique(cars[cars[:, 0] > 8, 6])
  assert len(tall) > 0.7 * NUM_SCENES


def test_objects_of_one_class_touch_in_most_streets(scenes):
  def touches(scene):
    here, right = scene.instance_ids[:, :-1], scene.instance_ids[:, 1:]
    is_pair = (here != right) & (here // 1000 == right // 1000)
    return (is_pair & (here >= instances.FIRST_THING_ID)).any()

  assert np.mean([touches(scene) for scene in scenes]) > 0.75


def test_other_colors_keep_the_maps():
  first = toy_street.generate_scene(4, height=64)
  other = toy_street.generate_scene(4, height=64, color_seed=9)
  np.testing.assert_array_equal(first.label_map, other.label_map)
  np.testing.assert_array_equal(first.instance_ids, other.instance_ids)
  change = np.abs(first.image.astype(int) - other.image).mean(-1)
  is_thing = first.instance_ids >= instances.FIRST_THING_ID
  assert change[is_thing].mean() > 30
  # Outside, only pixels that share samples with an object change.
  assert change[~is_thing].mean() < 2


def test_colors_do_not_depend_on_the_position(cars):
  for column in range(3):
    for channel in range(3, 6):
      correlation = np.corrcoef(cars[:, column], cars[:, channel])[0, 1]
      assert abs(correlation) < 0.15, (column, channel)


def test_cars_of_a_street_differ_in_color(cars):
  deviations = [
    cars[cars[:, 6] == number, 3:6].std(0).mean()
    for number in np.unique(cars[:, 6])
    if (cars[:, 6] == number).sum() > 1
  ]
  assert np.mean(deviations) > 0.14


def test_inside_of_a_car_depends_on_the_position_in_it(scenes, cars):
  # Over cars of all colors the lowest fifth is darker (wheels, bumper) than
  # the middle of the body.
  low, middle = [], []
  for scene in scenes:
    for raw_id in things_of(scene):
      y, x = np.nonzero(scene.instance_ids == raw_id)
      if raw_id // 1000 == CAR and y.max() - y.min() >= 12:
        position = (y - y.min()) / (y.max() - y.min())
        brightness = scene.image[y, x].mean(-1)
        low.append(brightness[position > 0.85].mean())
        middle.append(brightness[(position > 0.5) & (position < 0.7)].mean())
  assert len(low) > 50
  assert np.mean(low) < 0.8 * np.mean(middle)
