"""The Sampler: one program for all scenes, styles as values, the same bits."""

import os
import subprocess
import sys

import jax
import numpy as np
import pytest
from PIL import Image

from data_pipeline import toy_street
from data_pipeline.errors import InputError
from instgan_jax.inference import program, sampler
from instgan_jax.inference import styles as styles_lib
from tests import programs, tiny

pytestmark = pytest.mark.slow


CONFIG = tiny.config('lip')
SOURCE = toy_street.ToyStreet(4, height=32, split='val')
BATCH_SIZE = 4


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  folder = tmp_path_factory.mktemp('weights') / 'run'
  return str(tiny.save_generator(folder, CONFIG))


@pytest.fixture(scope='module')
def trained(folder):
  return sampler.Sampler.from_folder(folder, batch_size=BATCH_SIZE)


@pytest.fixture(scope='module')
def scenes(trained):
  """Four toy streets, as files would give them."""
  return [
    trained.scene(scene.label_map, scene.instance_ids, name=name)
    for name, scene in zip(
      SOURCE.image_ids, map(SOURCE.read, range(4)), strict=True
    )
  ]


@pytest.fixture
def num_traces(monkeypatch):
  """How often a generator is traced, which is before every compilation."""
  traces = []
  generate = program.generate

  def counted(module, *arguments, **inputs):
    traces.append(module)
    return generate(module, *arguments, **inputs)

  monkeypatch.setattr(program, 'generate', counted)
  program.jitted.cache_clear()
  yield lambda: len(traces)
  program.jitted.cache_clear()


def test_one_program_is_compiled_for_all_numbers_of_scenes(
  trained, scenes, num_traces
):
  fresh = sampler.Sampler(CONFIG, trained.variables, batch_size=BATCH_SIZE)
  styles = [fresh.styles(scene, seed=3) for scene in scenes]
  together = fresh.generate(scenes, styles)
  assert together.dtype == np.uint8 and together.shape == (4, 32, 64, 3)
  # A batch is its scenes one by one, and beside any others, to the bit.
  for scene, style, image in zip(scenes, styles, together, strict=True):
    np.testing.assert_array_equal(fresh.generate([scene], [style])[0], image)
  np.testing.assert_array_equal(
    fresh.generate(scenes[::-1] + scenes[:2], styles[::-1] + styles[:2]),
    np.concatenate([together[::-1], together[:2]]),
  )
  np.testing.assert_array_equal(trained.generate(scenes, styles), together)
  assert num_traces() == 1


def test_other_weights_share_the_program(trained, scenes, num_traces):
  first = sampler.Sampler(
    CONFIG, trained.variables, step=40, batch_size=BATCH_SIZE
  )
  styles = [first.styles(scene, seed=3) for scene in scenes]
  before = first.generate(scenes, styles)
  variables = {
    **trained.variables,
    'params': tiny.moved(trained.variables['params'], seed=1),
  }
  second = first.with_variables(variables)
  images = second.generate(scenes, styles)
  assert num_traces() == 1
  assert second.program is first.program
  assert second.weights_sha256 == ''
  # The first one keeps its weights.
  np.testing.assert_array_equal(first.generate(scenes, styles), before)
  assert np.mean(images != before) > 0.1
  third = sampler.Sampler(CONFIG, variables, batch_size=BATCH_SIZE)
  np.testing.assert_array_equal(third.generate(scenes, styles), images)
  assert num_traces() == 1


def test_other_batch_sizes_round_differently_at_most(trained, scenes):
  eights = sampler.Sampler(CONFIG, trained.variables, batch_size=8)
  inputs = trained.inputs(scenes, [trained.styles(s, seed=3) for s in scenes])
  np.testing.assert_allclose(eights.run(inputs), trained.run(inputs), atol=1e-5)


def test_styles_are_what_the_generator_is_given(trained, scenes):
  scene = scenes[0]
  styles = trained.styles(scene, seed=5)
  assert tuple(styles) == scene.instance_ids
  for i, style in styles.items():
    np.testing.assert_array_equal(
      style, styles_lib.sample(5, scene.name, i, 64)
    )
  inputs = trained.inputs([scene], [styles])
  np.testing.assert_array_equal(
    inputs['latents'][0],
    np.pad([*styles.values()], ((0, 256 - len(styles)), (0, 0))),
  )
  images = trained.run(inputs)
  np.testing.assert_array_equal(
    trained.generate([scene], [styles]),
    np.round((images + 1) * 127.5).astype(np.uint8),
  )


def test_a_style_stays_when_others_come_go_or_change_places(trained, scenes):
  scene = scenes[0]
  ids = scene.instance_ids
  assert len(ids) > 3
  styles = trained.styles(scene, seed=1)
  raw = np.array((0, *ids))[scene.instance_map]
  fewer = np.where(np.isin(raw, ids[1:3]), raw, 0)
  kept = trained.styles(
    trained.scene(scene.label_map, fewer, name=scene.name), seed=1
  )
  assert tuple(kept) == ids[1:3]
  for i in kept:
    np.testing.assert_array_equal(kept[i], styles[i])


def test_the_numbering_of_instances_does_not_touch_the_image(trained, scenes):
  scene = scenes[0]
  ids = scene.instance_ids
  styles = trained.styles(scene, seed=1)
  image = trained.generate([scene], [styles])[0]
  # The same instances under dense ids in the opposite order.
  renamed = dict(zip(ids, range(len(ids), 0, -1), strict=True))
  table = np.array((0, *renamed.values()))
  other = trained.scene(scene.label_map, table[scene.instance_map])
  renumbered = {renamed[i]: style for i, style in styles.items()}
  np.testing.assert_array_equal(
    trained.generate([other], [renumbered])[0], image
  )


def test_overrides_replace_the_styles_of_the_seed(trained, scenes):
  scene = scenes[0]
  # The largest instance, and another one.
  areas = np.bincount(scene.instance_map.ravel())[1:]
  number = int(np.argmax(areas)) + 1
  a, b = scene.instance_ids[number - 1], scene.instance_ids[number - 2]
  ids = np.array((0, *scene.instance_ids))[scene.instance_map]

  def sample(styles=None):
    return trained.sample(
      scene.label_map, ids, seed=1, styles=styles, name=scene.name
    )

  own = {i: trained.style(i, seed=1, scene=scene.name) for i in (a, b)}
  copied = trained.styles(scene, 1, {b: own[a]})
  np.testing.assert_array_equal(copied[b], own[a])
  np.testing.assert_array_equal(sample(own), sample())
  other = {a: 5 * trained.style(a, seed=2, scene=scene.name)}
  image = sample(other)
  change = np.abs(image.astype(int) - sample())
  assert change[scene.instance_map == number].mean() > 0
  np.testing.assert_array_equal(
    image, trained.generate([scene], [trained.styles(scene, 1, other)])[0]
  )


def test_scenes_of_other_names_have_other_styles(trained):
  maps = SOURCE.read(1)

  def sample(**name):
    return trained.sample(maps.label_map, maps.instance_ids, seed=2, **name)

  np.testing.assert_array_equal(sample(), sample(name=styles_lib.ANY_SCENE))
  assert (sample() != sample(name='a')).any()
  assert (sample(name='b') != sample(name='a')).any()


def test_a_scene_has_the_name_of_its_file(trained, tmp_path):
  maps = SOURCE.read(1)
  paths = [
    tmp_path / f'ulm_1_gtFine_{kind}Ids.png' for kind in ('label', 'instance')
  ]
  # At twice the size.
  Image.fromarray(maps.label_map).resize((128, 64), 0).save(paths[0])
  Image.fromarray(maps.instance_ids).resize((128, 64), 0).save(paths[1])
  arrays = maps.label_map, maps.instance_ids
  assert trained.scene(*paths).name == 'ulm_1'
  assert trained.scene(*map(str, paths)).name == 'ulm_1'
  assert trained.scene(*paths, name='b').name == 'b'
  assert trained.scene(*arrays).name == ''
  np.testing.assert_array_equal(
    trained.sample(*paths, seed=2),
    trained.sample(*arrays, seed=2, name='ulm_1'),
  )


def test_the_same_seed_gives_the_same_bytes_in_a_new_process(
  folder, trained, tmp_path
):
  maps = SOURCE.read(1)
  np.savez(tmp_path / 'maps.npz', a=maps.label_map, b=maps.instance_ids)
  code = f"""
import numpy
from instgan_jax.inference import Sampler
maps = numpy.load({str(tmp_path / 'maps.npz')!r})
sampler = Sampler.from_folder({folder!r}, batch_size={BATCH_SIZE})
image = sampler.sample(maps['a'], maps['b'], seed=9, name='ulm_1')
numpy.save({str(tmp_path / 'image.npy')!r}, image)
"""
  subprocess.run(
    [sys.executable, '-c', code],
    check=True,
    cwd=programs.ROOT,
    env={
      **os.environ,
      'JAX_NUM_CPU_DEVICES': '4',
      'PYTHONHASHSEED': '7',
    },
  )
  np.testing.assert_array_equal(
    np.load(tmp_path / 'image.npy'),
    trained.sample(maps.label_map, maps.instance_ids, seed=9, name='ulm_1'),
  )


def test_gaugan_with_a_style_of_the_image():
  config = tiny.config('l', model__image_style_dim=8)
  gaugan = sampler.Sampler(
    config, tiny.generator_variables(config), batch_size=2
  )
  scene = gaugan.scene(np.full((32, 64), 7, np.uint8), name='ulm_1')
  assert gaugan.style_ids(scene) == (styles_lib.WHOLE_IMAGE,)
  styles = [gaugan.styles(scene, seed) for seed in (1, 2)]
  np.testing.assert_array_equal(
    styles[0][0], styles_lib.sample(1, 'ulm_1', styles_lib.WHOLE_IMAGE, 8)
  )
  assert not gaugan.needs_instance_map and gaugan.has_styles
  two = gaugan.run(gaugan.inputs([scene] * 2, styles))
  assert np.abs(two[0] - two[1]).max() > 1e-6


def test_method_l_has_no_styles():
  config = tiny.config('l')
  without = sampler.Sampler(config, tiny.generator_variables(config))
  scene = without.scene(np.full((32, 64), 26, np.uint8))
  assert without.styles(scene) == {} and not without.has_styles
  assert without.generate([scene], [{}]).shape == (1, 32, 64, 3)
  with pytest.raises(InputError, match='Present are: none with a style'):
    without.styles(scene, 0, {1: np.zeros(64)})
  # All instances that 16 bits can number: none has a style to store.
  assert without.max_instances == 65535


def test_the_smallest_of_too_many_instances_have_no_style(trained):
  # 512 cars: 2x2 pixels each, the first 200 of them smaller by a pixel.
  ids = np.arange(1, 513).reshape(16, 32).repeat(2, 0).repeat(2, 1)
  shrunk = ids.copy()
  shrunk[::2, ::2][ids[::2, ::2] <= 200] = 0
  scene = trained.scene(np.full((32, 64), 26), shrunk, name='crowd')
  assert trained.max_instances == 256
  assert scene.num_dropped == 512 - 256
  assert scene.instance_ids == tuple(range(201, 201 + 256))
  styles = trained.styles(scene, seed=0)
  assert len(styles) == 256
  assert trained.generate([scene], [styles]).shape == (1, 32, 64, 3)
  with pytest.raises(InputError, match='no instance 1 here'):
    trained.styles(scene, 0, {1: np.zeros(64, np.float32)})


def test_wrong_scenes_and_styles_are_refused(trained, scenes):
  scene = scenes[0]
  styles = trained.styles(scene)
  first, *rest = scene.instance_ids
  present = ', '.join(map(str, scene.instance_ids))
  wrong = {
    f'There is no instance 7 here. Present are: {present}.': {7: styles[first]},
    f'style of {first} is of shape .3,., expected .64,.': {first: np.zeros(3)},
    f'style of {first} has nan, expected numbers like': {
      first: np.full(64, np.nan)
    },
  }
  for message, change in wrong.items():
    with pytest.raises(InputError, match=message):
      trained.generate([scene], [{**styles, **change}])
  with pytest.raises(InputError, match=f'instance {first} has no style'):
    trained.generate([scene], [{i: styles[i] for i in rest}])
  with pytest.raises(InputError, match='Got 1 scenes and styles for 0'):
    trained.generate([scene], [])
  with pytest.raises(InputError, match='batch_size is 0'):
    sampler.Sampler(CONFIG, trained.variables, batch_size=0)
  assert trained.generate([], []).shape == (0, 32, 64, 3)


def test_the_default_batch_gives_every_device_an_image():
  assert sampler.default_batch_size() == jax.local_device_count()


def test_without_an_instance_map_each_class_has_one_style(trained):
  label_map = np.full((32, 64), 7)
  label_map[8:16, :20], label_map[8:16, 40:], label_map[20:, :9] = 26, 26, 24
  scene = trained.scene(label_map)
  assert scene.instance_ids == (24, 26)
  styles = trained.styles(scene, 0)
  image = trained.generate([scene], [styles])[0]
  other = {**styles, 26: trained.style(26, seed=5, scene='')}
  changed = np.any(trained.generate([scene], [other])[0] != image, axis=-1)
  assert changed[label_map == 26].mean() > 0.5
  # The same as a map with an instance for each class.
  dense = np.select([label_map == 24, label_map == 26], [1, 2])
  known = trained.scene(label_map, dense)
  np.testing.assert_array_equal(known.instance_map, scene.instance_map)
