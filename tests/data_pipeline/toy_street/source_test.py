import numpy as np
import pytest
from PIL import Image

from data_pipeline import batch, instances, labels, toy_street
from data_pipeline.errors import InputError

CAR, PERSON = labels.label_id('car'), labels.label_id('person')
HEIGHT = 64
NUM_SCENES = 150


@pytest.fixture(scope='module')
def scenes():
  source = toy_street.ToyStreet(NUM_SCENES, height=HEIGHT, seed=3)
  return [source.read(index) for index in range(NUM_SCENES)]


@pytest.fixture(scope='module')
def cars(scenes):
  """One row a car: height, bottom, middle column, its mean colour, scene."""
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
  label = labels.label_id(name)
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


def test_drawing_leaves_the_global_generator_alone():
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
    assert scene.label_map.max() < len(labels.LABELS)
    of_things = set((things_of(scene) // 1000).tolist())
    assert of_things <= set(labels.INSTANCE_LABEL_IDS)


@pytest.mark.parametrize('seed', range(4))
def test_same_street_at_every_height(seed):
  small = toy_street.generate_scene(seed, height=64)
  large = toy_street.generate_scene(seed, height=192)
  # The middle pixels of 3 x 3 blocks have the centres of the small pixels.
  assert (large.label_map[1::3, 1::3] == small.label_map).mean() > 0.97
  assert (large.instance_ids[1::3, 1::3] == small.instance_ids).mean() > 0.97
  blocks = large.image.reshape(64, 3, 128, 3, 3).mean((1, 3))
  assert np.abs(blocks - small.image).mean() < 3


def test_height_over_the_oversampling_draws_the_same_street():
  small = toy_street.generate_scene(2, height=64)
  large = toy_street.generate_scene(
    2, height=1088
  )  # 17 * 64, one sample a pixel.
  assert (large.label_map[8::17, 8::17] == small.label_map).mean() > 0.97
  blocks = large.image.reshape(64, 17, 128, 17, 3).mean((1, 3))
  assert np.abs(blocks - small.image).mean() < 4


@pytest.mark.parametrize('height', [0, -64, 63, 1])
def test_other_heights_are_refused(height):
  with pytest.raises(InputError, match=rf'even number of pixels, got {height}'):
    toy_street.generate_scene(0, height=height)
  with pytest.raises(InputError, match=rf'even number of pixels, got {height}'):
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


def test_source_names_and_draws_its_scenes():
  source = toy_street.ToyStreet(13, height=16)
  assert len(source) == len(set(source.image_ids)) == 13
  assert source.image_ids[12] == 'toytown_000012_000019'
  assert_same(source.read(3), source.read(3))


def test_splits_and_seeds_have_no_street_in_common():
  pictures = [
    toy_street.ToyStreet(6, height=16, seed=seed, split=split)
    .read(index)
    .image.tobytes()
    for seed in (0, 1, 2)
    for split in ('train', 'val')
    for index in range(6)
  ]
  assert len(set(pictures)) == len(pictures)


# Bands around FACTS of 23 real maps: road .337, building .206, vegetation
# .131, car .094, sidewalk .044, sky .026, pole .012, person .007, sign .007.
# A tenth of the real pixels is void, so the bands reach a tenth higher; the
# sky is wider, to be seen at 64 rows.
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
    np.isin(scene.instance_ids, labels.INSTANCE_LABEL_IDS).any()
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


def test_most_streets_have_a_car_to_be_seen(cars):
  tall = np.unique(cars[cars[:, 0] > 8, 6])
  assert len(tall) > 0.7 * NUM_SCENES


def test_objects_of_one_class_touch_in_most_streets(scenes):
  def touches(scene):
    here, right = scene.instance_ids[:, :-1], scene.instance_ids[:, 1:]
    is_pair = (here != right) & (here // 1000 == right // 1000)
    return (is_pair & (here >= instances.FIRST_THING_ID)).any()

  assert np.mean([touches(scene) for scene in scenes]) > 0.75


def test_repainting_keeps_the_maps():
  first = toy_street.generate_scene(4, height=64)
  other = toy_street.generate_scene(4, height=64, color_seed=9)
  np.testing.assert_array_equal(first.label_map, other.label_map)
  np.testing.assert_array_equal(first.instance_ids, other.instance_ids)
  change = np.abs(first.image.astype(int) - other.image).mean(-1)
  is_thing = first.instance_ids >= instances.FIRST_THING_ID
  assert change[is_thing].mean() > 30
  # Outside, only pixels that share samples with an object change.
  assert change[~is_thing].mean() < 2


def test_colours_do_not_follow_the_place(cars):
  for column in range(3):
    for channel in range(3, 6):
      correlation = np.corrcoef(cars[:, column], cars[:, channel])[0, 1]
      assert abs(correlation) < 0.15, (column, channel)


def test_cars_of_a_street_differ_in_colour(cars):
  deviations = [
    cars[cars[:, 6] == number, 3:6].std(0).mean()
    for number in np.unique(cars[:, 6])
    if (cars[:, 6] == number).sum() > 1
  ]
  assert np.mean(deviations) > 0.14


def test_inside_of_a_car_depends_on_the_place_in_it(scenes, cars):
  # Over cars of all colours the lowest fifth is darker (wheels, bumper) than
  # the middle of the body.
  low, middle = [], []
  for scene in scenes:
    for raw_id in things_of(scene):
      y, x = np.nonzero(scene.instance_ids == raw_id)
      if raw_id // 1000 == CAR and y.max() - y.min() >= 12:
        place = (y - y.min()) / (y.max() - y.min())
        brightness = scene.image[y, x].mean(-1)
        low.append(brightness[place > 0.85].mean())
        middle.append(brightness[(place > 0.5) & (place < 0.7)].mean())
  assert len(low) > 50
  assert np.mean(low) < 0.8 * np.mean(middle)


def arguments(folder, **changes):
  flags = {'output': folder, 'num_train': 2, 'num_val': 1, 'height': 32}
  return [f'--{key}={value}' for key, value in (flags | changes).items()]


def test_program_writes_the_official_layout(tmp_path, capsys):
  assert toy_street.main(arguments(tmp_path)) == 0
  assert '2 train and 1 val' in capsys.readouterr().out
  files = sorted(
    str(path.relative_to(tmp_path))
    for path in tmp_path.rglob('*')
    if path.is_file()
  )
  assert files == [
    'gtFine/train/toytown/toytown_000000_000019_gtFine_instanceIds.png',
    'gtFine/train/toytown/toytown_000000_000019_gtFine_labelIds.png',
    'gtFine/train/toytown/toytown_000001_000019_gtFine_instanceIds.png',
    'gtFine/train/toytown/toytown_000001_000019_gtFine_labelIds.png',
    'gtFine/val/toytown/toytown_000000_000019_gtFine_instanceIds.png',
    'gtFine/val/toytown/toytown_000000_000019_gtFine_labelIds.png',
    'leftImg8bit/train/toytown/toytown_000000_000019_leftImg8bit.png',
    'leftImg8bit/train/toytown/toytown_000001_000019_leftImg8bit.png',
    'leftImg8bit/val/toytown/toytown_000000_000019_leftImg8bit.png',
    'toy_street.json',
  ]


def test_program_writes_what_the_source_draws(tmp_path):
  assert toy_street.main(arguments(tmp_path, height=64, seed=3)) == 0
  for split, index in (('train', 0), ('train', 1), ('val', 0)):
    source = toy_street.ToyStreet(2, height=64, seed=3, split=split)
    stem = f'{split}/toytown/{source.image_ids[index]}'
    files = [
      ('RGB', f'leftImg8bit/{stem}_leftImg8bit.png'),
      ('L', f'gtFine/{stem}_gtFine_labelIds.png'),
      ('I;16', f'gtFine/{stem}_gtFine_instanceIds.png'),
    ]
    scene = source.read(index)
    for (mode, name), expected in zip(files, scene, strict=True):
      with Image.open(tmp_path / name) as picture:
        assert picture.mode == mode
        np.testing.assert_array_equal(np.array(picture), expected)
    assert scene.instance_ids.max() >= 24000


def test_program_continues_and_keeps_what_is_there(tmp_path, monkeypatch):
  assert toy_street.main(arguments(tmp_path)) == 0
  files = sorted(tmp_path.rglob('*.png'))
  contents = [file.read_bytes() for file in files]
  files[0].unlink()
  drawn = []
  draw_scene = toy_street.generate_scene

  def count(seed, **keywords):
    drawn.append(seed)
    return draw_scene(seed, **keywords)

  monkeypatch.setattr(toy_street, 'draw_scene', count)
  assert toy_street.main(arguments(tmp_path, num_train=3)) == 0
  assert [file.read_bytes() for file in files] == contents
  assert len(drawn) == 2  # The scene that lost a file, and the new one.


def test_stopped_program_leaves_no_half_file(tmp_path, monkeypatch):
  def stop(*_):
    raise KeyboardInterrupt

  monkeypatch.setattr('os.replace', stop)
  assert toy_street.main(arguments(tmp_path)) == 1
  assert [path for path in tmp_path.rglob('*') if path.is_file()] == []


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'height': 0}, 'height must be a positive even number of pixels, got 0'),
    ({'height': 33}, 'even number of pixels, got 33'),
    ({'num_train': -1}, 'num_scenes must not be negative, got -1'),
    ({'num_val': -3}, 'num_scenes must not be negative, got -3'),
    ({'seed': -1}, 'seed must not be negative, got -1'),
  ],
)
def test_wrong_flags_are_refused(tmp_path, capsys, changes, message):
  assert toy_street.main(arguments(tmp_path / 'new', **changes)) == 2
  assert message in capsys.readouterr().err
  assert not (tmp_path / 'new').exists()


def test_output_that_is_a_file_is_refused(tmp_path, capsys):
  (tmp_path / 'file').write_text('')
  assert toy_street.main(arguments(tmp_path / 'file')) == 2
  assert 'is a file, expected a folder' in capsys.readouterr().err
  assert toy_street.main(arguments(tmp_path / 'file' / 'below')) == 2
  assert 'cannot be written' in capsys.readouterr().err


def test_output_with_other_scenes_is_refused(tmp_path, capsys):
  assert toy_street.main(arguments(tmp_path, num_train=0)) == 0
  assert toy_street.main(arguments(tmp_path, height=64)) == 2
  assert "expected {'height': 64, 'seed': 0}" in capsys.readouterr().err
  (tmp_path / 'toy_street.json').write_text('{')
  assert toy_street.main(arguments(tmp_path)) == 2
  assert 'toy_street.json: cannot be read' in capsys.readouterr().err
  (tmp_path / 'toy_street.json').unlink()
  assert toy_street.main(arguments(tmp_path)) == 2
  assert 'are not toy streets' in capsys.readouterr().err


@pytest.mark.parametrize('wrong', [['--height', 'tall'], ['--hight', '64']])
def test_unknown_flags_exit_with_two(wrong):
  with pytest.raises(SystemExit) as stopped:
    toy_street.main([*arguments('unused'), *wrong])
  assert stopped.value.code == 2


def test_help_shows_an_example(capsys):
  with pytest.raises(SystemExit) as stopped:
    toy_street.main(['--help'])
  assert stopped.value.code == 0
  assert (
    'example: python -m data_pipeline.toy_street' in capsys.readouterr().out
  )
