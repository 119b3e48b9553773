"""Trained generators in folders: which weights, of which step and form."""

import json

import jax
import numpy as np
import pytest

from data_pipeline import toy_street
from data_pipeline.errors import InputError
from instgan_jax.build import gan
from instgan_jax.checkpoints import manager, run_config, weights_folder
from instgan_jax.cli import shipped_configs
from instgan_jax.commands import import_torch
from instgan_jax.inference import sampler
from tests import tiny
from tests.golden import recipe

pytestmark = pytest.mark.slow


CONFIG = tiny.config('lip')


@pytest.fixture(scope='module')
def state():
  """A train state whose moving average differs from its weights."""
  shapes = gan.abstract_state(
    CONFIG, gan.networks(CONFIG), gan.optimizers(CONFIG, 6)
  )
  zeros = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)
  generator = tiny.generator_variables(CONFIG)
  params = generator.pop('params')
  average = {'params': params, 'batch_stats': generator['batch_stats']}
  return zeros.replace(
    g_params={'generator': tiny.moved(params)},
    g_stats={'generator': generator},
    ema=average,
  )


@pytest.fixture(scope='module')
def workdir(tmp_path_factory, state):
  folder = tmp_path_factory.mktemp('run')
  run_config.save(folder, CONFIG)
  with manager.Checkpoints(folder) as checkpoints:
    checkpoints.save(20, state.replace(ema=tiny.moved(state.ema)))
    checkpoints.save(40, state)
    checkpoints.wait()
  return str(folder)


@pytest.fixture(scope='module')
def trained(workdir):
  return sampler.Sampler.from_folder(workdir)


def assert_equal_trees(a, b):
  assert jax.tree.structure(a) == jax.tree.structure(b)
  jax.tree.map(np.testing.assert_array_equal, a, b)


def test_a_workdir_gives_the_moving_average_of_its_last_step(trained, state):
  assert (trained.step, trained.uses_ema) == (40, True)
  assert trained.has_styles and trained.needs_instance_map
  assert trained.image_size == (32, 64)
  assert len(trained.weights_sha256) == 64
  assert_equal_trees(
    trained.variables,
    jax.device_get({**state.g_stats['generator'], **state.ema}),
  )


def test_a_workdir_gives_the_checkpoint_of_a_step(workdir, state):
  earlier = sampler.Sampler.from_folder(workdir, step=20)
  assert (earlier.step, earlier.uses_ema) == (20, True)
  assert_equal_trees(
    earlier.variables['params'],
    jax.device_get(tiny.moved(state.ema)['params']),
  )
  with pytest.raises(InputError, match='no checkpoint of step 30, .* 20, 40'):
    sampler.Sampler.from_folder(workdir, step=30)


def test_raw_weights_give_another_image(workdir, trained, state):
  raw = sampler.Sampler.from_folder(workdir, use_ema=False)
  assert not raw.uses_ema
  assert raw.weights_sha256 != trained.weights_sha256
  assert_equal_trees(
    raw.variables['params'], jax.device_get(state.g_params['generator'])
  )
  maps = toy_street.ToyStreet(1, height=32, split='val').read(0)
  images = [
    each.sample(maps.label_map, maps.instance_ids) for each in (raw, trained)
  ]
  assert np.mean(images[0] != images[1]) > 0.1


@pytest.mark.oldest
def test_imported_gaugan_generates_its_golden_image(tmp_path):
  name = 'cityscapes_more_edges'
  base = shipped_configs.load('cityscapes_l')
  base.model.modulation_form = 'dense'  # As in `tiny`.
  np.savez(tmp_path / 'g.npz', **recipe.state_dict(name, 'G'))
  import_torch.import_gaugan(
    {'generator': tmp_path / 'g.npz'},
    tmp_path / 'out',
    base=base,
    image_size=(64, 128),
    upsampling='more',
    num_labels=None,
  )
  imported = sampler.Sampler.from_folder(str(tmp_path / 'out'))
  assert (imported.step, imported.uses_ema) == (None, False)
  assert not imported.has_styles and imported.needs_instance_map
  inputs = recipe.inputs(name)
  ids = inputs['instance']
  images = imported.run(
    {
      'label_map': inputs['label'].astype(np.uint8),
      'instance_map': np.unique(ids, return_inverse=True)[1]
      .reshape(ids.shape)
      .astype(np.uint16),
    }
  )
  np.testing.assert_allclose(
    images, recipe.expected(name)['generator_eval'], atol=1e-3
  )


def test_a_config_of_before_some_field_existed(workdir, trained, tmp_path):
  with open(f'{workdir}/config.json') as file:
    config = json.load(file)
  del config['model']['num_labels'], config['eval'], config['data']['seed']
  weights_folder.save(tmp_path / 'run', {'generator': trained.variables})
  (tmp_path / 'run' / 'config.json').write_text(json.dumps(config))
  older = sampler.Sampler.from_folder(str(tmp_path / 'run'))
  assert older.config.model.num_labels == 35


@pytest.mark.parametrize(
  ('files', 'message'),
  [
    (None, 'there is no such folder'),
    ({}, 'has no config.json'),
    ({'config.json': 'nonsense'}, 'is not the configuration of a run'),
    ({'config.json': '{"data": 3}'}, 'is not the configuration of a run'),
    ({'config.json': '{}'}, 'is not the configuration of a run'),
    (
      {'config.json': json.dumps(CONFIG.to_dict())},
      'is not a checkpoint',
    ),
  ],
)
def test_other_folders_are_refused(tmp_path, files, message):
  folder = tmp_path / 'folder'
  if files is not None:
    folder.mkdir()
    for name, content in files.items():
      (folder / name).write_text(content)
  with pytest.raises(InputError, match=message):
    sampler.Sampler.from_folder(str(folder))


def test_weights_of_another_architecture_are_listed(trained, tmp_path):
  weights_folder.save(tmp_path / 'run', {'generator': trained.variables})
  run_config.save(tmp_path / 'run', tiny.config('lip', model__base_channels=4))
  with pytest.raises(InputError) as error:
    sampler.Sampler.from_folder(str(tmp_path / 'run'))
  assert 'params/conv_img/kernel is (3, 3, 2, 3), the model has' in str(
    error.value
  )
