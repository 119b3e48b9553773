"""The Sampler draws what the training run would draw, styles as values."""

import functools
import json
import subprocess
import sys

import jax
import numpy as np
import pytest
from PIL import Image

from data_pipeline import batches
from data_pipeline.errors import InputError
from instgan_jax.build import data, gan
from instgan_jax.checkpoints import manager, run_config, weights_folder
from instgan_jax.commands import import_torch
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.inference import styles as styles_lib
from instgan_jax.train import preview
from instgan_jax.train import state as state_lib
from tests import programs, tiny
from tests.golden import recipe


@functools.cache
def state():
  """A fresh L+I+P state whose moving average differs from its weights."""
  config = tiny.config('lip')
  networks = gan.networks(config)
  fresh = gan.initial_state(config, networks, gan.optimizers(config, 6))
  noise = np.random.default_rng(0).normal

  def moved(leaf):
    return leaf + 0.1 * noise(size=leaf.shape).astype(leaf.dtype)

  return fresh.replace(ema=jax.tree.map(moved, fresh.ema))


@pytest.fixture(scope='module')
def workdir(tmp_path_factory):
  folder = tmp_path_factory.mktemp('run')
  run_config.save(folder, tiny.config('lip'))
  with manager.Checkpoints(folder) as checkpoints:
    checkpoints.save(40, state())
    checkpoints.wait()
  return folder


@functools.cache
def batch(batch_size=4):
  scenes = data.source(tiny.config('lip'), 'val')
  return next(batches.eval_batches(scenes, batch_size=batch_size))


@functools.cache
def sampler(workdir, use_ema=True):
  return sampler_lib.Sampler.from_folder(str(workdir), use_ema=use_ema)


def test_it_draws_with_the_moving_average_what_the_run_draws(workdir):
  networks = gan.networks(tiny.config('lip'))
  draw = preview.make_draw(networks.generator, networks.latent_shape)
  found = sampler(workdir)
  assert (found.step, found.uses_ema, found.has_styles) == (40, True, True)
  assert found.image_size == (32, 64)
  averaged = draw(state_lib.generator_variables(state()), batch(), 3)
  drawn = found.draw_batch(batch(), 3)
  assert drawn.dtype == np.uint8 and drawn.shape == (4, 32, 64, 3)
  # The devices' share of the batch may round differently.
  assert np.abs(drawn.astype(int) - averaged).max() <= 1
  assert np.mean(drawn != averaged) < 0.01


def test_raw_weights_draw_another_picture(workdir):
  raw = sampler(workdir, use_ema=False)
  assert not raw.uses_ema
  difference = raw.draw_batch(batch(), 3) != sampler(workdir).draw_batch(
    batch(), 3
  )
  assert difference.mean() > 0.1


def test_any_number_of_rows_is_drawn_alike(workdir):
  drawn = sampler(workdir).draw_batch(batch(), 0)
  one = {key: value[1:2] for key, value in batch().items()}
  alone = sampler(workdir).draw_batch(one, 0)
  assert alone.shape == (1, 32, 64, 3)
  assert np.abs(alone[0].astype(int) - drawn[1]).max() <= 1


def test_imported_gaugan_draws(tmp_path):
  name = 'cityscapes_more_edges'
  np.savez(tmp_path / 'g.npz', **recipe.state_dict(name, 'G'))
  import_torch.import_gaugan(
    {'generator': tmp_path / 'g.npz'},
    tmp_path / 'out',
    image_size=(64, 128),
    upsampling='more',
    num_labels=None,
  )
  found = sampler_lib.Sampler.from_folder(str(tmp_path / 'out'))
  assert (found.step, found.uses_ema, found.has_styles) == (None, False, False)
  inputs = recipe.inputs(name)
  ids = inputs['instance'].astype(np.int32)
  drawn = found.draw_batch(
    {
      'label_map': inputs['label'],
      'instance_map': np.unique(ids, return_inverse=True)[1].reshape(ids.shape),
      'position': np.arange(len(ids), dtype=np.uint32),
    },
    0,
  )
  expected = recipe.expected(name)['generator_eval']
  assert np.abs(drawn - (expected + 1) * 127.5).max() <= 0.52


def test_a_config_of_before_some_field_existed(workdir, tmp_path):
  config = json.loads((workdir / 'config.json').read_text())
  del config['model']['num_labels'], config['eval'], config['data']['seed']
  weights_folder.save_tree(
    tmp_path / 'run', {'generator': sampler(workdir).variables}
  )
  (tmp_path / 'run' / 'config.json').write_text(json.dumps(config))
  found = sampler_lib.Sampler.from_folder(str(tmp_path / 'run'))
  assert found.config.model.num_labels == 35


@pytest.mark.parametrize(
  ('files', 'message'),
  [
    (None, 'there is no such folder'),
    ({}, 'has no config.json'),
    ({'config.json': 'nonsense'}, 'is not the configuration of a run'),
    ({'config.json': '{"data": 3}'}, 'is not the configuration of a run'),
    ({'config.json': '{}'}, 'is not a checkpoint'),
  ],
)
def test_other_folders_are_refused(tmp_path, files, message):
  folder = tmp_path / 'folder'
  if files is not None:
    folder.mkdir()
    for name, content in files.items():
      (folder / name).write_text(content)
  with pytest.raises(InputError, match=message):
    sampler_lib.Sampler.from_folder(str(folder))


def test_weights_of_another_architecture_are_listed(workdir, tmp_path):
  wide = tiny.config('lip', model__base_channels=4)
  weights_folder.save_tree(
    tmp_path / 'run', {'generator': sampler(workdir).variables}
  )
  run_config.save(tmp_path / 'run', wide)
  with pytest.raises(InputError) as error:
    sampler_lib.Sampler.from_folder(str(tmp_path / 'run'))
  assert 'params/conv_img/kernel is (3, 3, 2, 3), the model has' in str(
    error.value
  )


def scenes(workdir):
  """Four toy streets, as files would give them."""
  source = data.source(tiny.config('lip'), 'val')
  return [
    sampler(workdir).scene(scene.label_map, scene.instance_ids)
    for scene in map(source.read, range(4))
  ]


def test_a_batch_is_its_scenes_one_by_one_to_the_bit(workdir):
  found = sampler(workdir)
  maps = scenes(workdir)
  looks = [found.styles(scene, seed=3) for scene in maps]
  together = found.draw_scenes(maps, looks)
  for scene, look, image in zip(maps, looks, together, strict=True):
    alone = found.draw_scenes([scene], [look])[0]
    np.testing.assert_array_equal(alone, image)
  assert together.dtype == np.uint8 and together.shape == (4, 32, 64, 3)
  # One program did all of it.
  assert found._run._cache_size() == 1


def test_other_batch_sizes_round_differently_at_most(workdir):
  found = sampler(workdir)
  threes = sampler_lib.Sampler(found.config, found.variables, batch_size=3)
  maps = scenes(workdir)
  looks = [found.styles(scene, seed=3) for scene in maps]
  np.testing.assert_allclose(
    threes.draw_floats(maps, looks), found.draw_floats(maps, looks), atol=1e-5
  )
  assert threes._run._cache_size() == 1


def test_styles_are_what_the_generator_is_given(workdir):
  found, scene = sampler(workdir), scenes(workdir)[0]
  looks = found.styles(scene, seed=5)
  assert tuple(looks) == scene.instance_ids
  expected = found.generator.apply(
    found.variables,
    scene.label_map[None].astype(np.int32),
    scene.instance_map[None].astype(np.int32),
    np.pad(np.stack([*looks.values()]), ((0, 256 - len(looks)), (0, 0)))[None],
    train=False,
  )
  drawn = found.draw_floats([scene], [looks])
  np.testing.assert_allclose(drawn, expected, atol=1e-5)
  np.testing.assert_array_equal(
    found.draw_scenes([scene], [looks]),
    np.round((drawn + 1) * 127.5).astype(np.uint8),
  )


def test_a_style_stays_when_others_come_go_or_change_places(workdir):
  found, scene = sampler(workdir), scenes(workdir)[0]
  ids = scene.instance_ids
  assert len(ids) > 3
  looks = found.styles(scene, seed=1)
  raw = np.array((0, *ids))[scene.instance_map]
  fewer = np.where(np.isin(raw, ids[1:3]), raw, 0)
  kept = found.styles(found.scene(scene.label_map, fewer), seed=1)
  assert tuple(kept) == ids[1:3]
  for i in kept:
    np.testing.assert_array_equal(kept[i], looks[i])


def test_the_numbering_of_instances_does_not_touch_the_picture(workdir):
  found, scene = sampler(workdir), scenes(workdir)[0]
  ids = scene.instance_ids
  image = found.draw_scenes([scene], [found.styles(scene, seed=1)])[0]
  # The same instances under dense ids in the opposite order.
  renamed = dict(zip(ids, range(len(ids), 0, -1), strict=True))
  table = np.array((0, *renamed.values()))
  other = found.scene(scene.label_map, table[scene.instance_map])
  looks = {renamed[i]: style for i, style in found.styles(scene, 1).items()}
  np.testing.assert_array_equal(found.draw_scenes([other], [looks])[0], image)


def test_overrides_replace_the_styles_of_the_seed(workdir):
  found, scene = sampler(workdir), scenes(workdir)[0]
  a, b = scene.instance_ids[:2]
  ids = np.array((0, *scene.instance_ids))[scene.instance_map]
  plain = found.draw(scene.label_map, ids, seed=1)
  own = {i: found.style(i, seed=1) for i in (a, b)}
  copied = found.styles(scene, 1, {b: own[a]})
  np.testing.assert_array_equal(copied[b], own[a])
  assert (found.draw(scene.label_map, ids, seed=1, styles=own) == plain).all()
  other = {a: 5 * found.style(a, seed=2)}
  redrawn = found.draw(scene.label_map, ids, seed=1, styles=other)
  change = np.abs(redrawn.astype(int) - plain)
  assert change[scene.instance_map == 1].mean() > 0
  np.testing.assert_array_equal(
    redrawn, found.draw_scenes([scene], [found.styles(scene, 1, other)])[0]
  )


def test_the_same_seed_gives_the_same_bytes_in_a_new_process(workdir, tmp_path):
  scene = data.source(tiny.config('lip'), 'val').read(1)
  np.savez(tmp_path / 'maps.npz', a=scene.label_map, b=scene.instance_ids)
  program = f"""
import hashlib, numpy
from instgan_jax.inference import Sampler
maps = numpy.load({str(tmp_path / 'maps.npz')!r})
image = Sampler.from_folder({str(workdir)!r}).draw(maps['a'], maps['b'], seed=9)
print(hashlib.sha256(image.tobytes()).hexdigest())
"""
  digests = [
    subprocess.run(
      [sys.executable, '-c', program],
      check=True,
      capture_output=True,
      text=True,
      cwd=programs.ROOT,
    ).stdout.strip()
    for _ in range(2)
  ]
  assert digests[0] == digests[1] and len(digests[0]) == 64


def test_files_draw_what_arrays_draw(workdir, tmp_path):
  scene = data.source(tiny.config('lip'), 'val').read(1)
  found = sampler(workdir)
  paths = tmp_path / 'labels.png', tmp_path / 'instances.png'
  Image.fromarray(scene.label_map).resize((128, 64), 0).save(paths[0])
  Image.fromarray(scene.instance_ids).resize((128, 64), 0).save(paths[1])
  np.testing.assert_array_equal(
    found.draw(*paths, seed=2),
    found.draw(scene.label_map, scene.instance_ids, seed=2),
  )


def test_gaugan_with_a_style_of_the_picture():
  config = tiny.config('l', model__image_style_dim=8)
  found = sampler_lib.Sampler(config, tiny.generator_variables(config))
  scene = found.scene(np.full((32, 64), 7, np.uint8))
  assert found.style_ids(scene) == (styles_lib.PICTURE,)
  assert found.styles(scene, seed=1)[0].shape == (8,)
  assert not found.needs_instance_map and found.has_styles
  two = found.draw_floats([scene] * 2, [found.styles(scene, s) for s in (1, 2)])
  assert np.abs(two[0] - two[1]).max() > 1e-6


def test_method_l_has_no_styles():
  config = tiny.config('l')
  found = sampler_lib.Sampler(config, tiny.generator_variables(config))
  scene = found.scene(np.full((32, 64), 26, np.uint8))
  assert found.styles(scene) == {} and not found.has_styles
  assert found.draw_scenes([scene], [{}]).shape == (1, 32, 64, 3)
  with pytest.raises(InputError, match='Present are: none with a style'):
    found.styles(scene, 0, {1: np.zeros(64)})


def test_wrong_scenes_and_styles_are_refused(workdir):
  found, scene = sampler(workdir), scenes(workdir)[0]
  looks = found.styles(scene)
  first, *rest = scene.instance_ids
  present = ', '.join(map(str, scene.instance_ids))
  wrong = {
    f'There is no instance 7 here. Present are: {present}.': {7: looks[first]},
    f'style of {first} is of shape .3,., expected finite numbers .64,.': {
      first: np.zeros(3)
    },
    f'style of {first} is of shape .64,., expected finite': {
      first: np.full(64, np.nan)
    },
  }
  for message, change in wrong.items():
    with pytest.raises(InputError, match=message):
      found.draw_scenes([scene], [{**looks, **change}])
  with pytest.raises(InputError, match=f'instance {first} has no style'):
    found.draw_scenes([scene], [{i: looks[i] for i in rest}])
  with pytest.raises(InputError, match='Got 1 scenes and styles for 0'):
    found.draw_scenes([scene], [])
  with pytest.raises(InputError, match=r'L\+I\+P needs an instance map'):
    found.draw(scene.label_map)
  with pytest.raises(InputError, match='batch_size is 0'):
    sampler_lib.Sampler(found.config, found.variables, batch_size=0)
  many = np.arange(32 * 64).reshape(32, 64) // 4
  with pytest.raises(InputError, match='511 instances, the generator takes at'):
    found.draw(np.full((32, 64), 26), many)
  assert found.draw_scenes([], []).shape == (0, 32, 64, 3)
