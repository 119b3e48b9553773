"""The Sampler draws what the training run would draw."""

import functools
import json

import jax
import numpy as np
import pytest

from data_pipeline import in_memory
from data_pipeline.errors import InputError
from instgan_jax import build, checkpoint, importing
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.train import preview
from instgan_jax.train import state as state_lib
from tests import tiny
from tests.golden import recipe


@functools.cache
def state():
  """A fresh L+I+P state whose moving average differs from its weights."""
  config = tiny.config('lip')
  networks = build.networks(config)
  fresh = build.initial_state(config, networks, build.optimizers(config, 6))
  noise = np.random.default_rng(0).normal

  def moved(leaf):
    return leaf + 0.1 * noise(size=leaf.shape).astype(leaf.dtype)

  return fresh.replace(ema=jax.tree.map(moved, fresh.ema))


@pytest.fixture(scope='module')
def workdir(tmp_path_factory):
  folder = tmp_path_factory.mktemp('run')
  checkpoint.save_config(folder, tiny.config('lip'))
  with checkpoint.Checkpoints(folder) as checkpoints:
    checkpoints.save(40, state())
    checkpoints.wait()
  return folder


@functools.cache
def batch(batch_size=4):
  scenes = build.source(tiny.config('lip'), 'val')
  return next(in_memory.eval_batches(scenes, batch_size=batch_size))


@functools.cache
def sampler(workdir, use_ema=True):
  return sampler_lib.Sampler.from_folder(str(workdir), use_ema=use_ema)


def test_it_draws_with_the_moving_average_what_the_run_draws(workdir):
  networks = build.networks(tiny.config('lip'))
  draw = preview.make_draw(networks.generator, networks.latent_shape)
  found = sampler(workdir)
  assert (found.step, found.uses_ema, found.has_styles) == (40, True, True)
  assert found.image_size == (32, 64)
  averaged = draw(state_lib.generator_variables(state()), batch(), 3)
  drawn = found.draw(batch(), 3)
  assert drawn.dtype == np.uint8 and drawn.shape == (4, 32, 64, 3)
  # The devices' share of the batch may round differently.
  assert np.abs(drawn.astype(int) - averaged).max() <= 1
  assert np.mean(drawn != averaged) < 0.01


def test_raw_weights_draw_another_picture(workdir):
  raw = sampler(workdir, use_ema=False)
  assert not raw.uses_ema
  difference = raw.draw(batch(), 3) != sampler(workdir).draw(batch(), 3)
  assert difference.mean() > 0.1


def test_any_number_of_rows_is_drawn_alike(workdir):
  drawn = sampler(workdir).draw(batch(), 0)
  one = {key: value[1:2] for key, value in batch().items()}
  alone = sampler(workdir).draw(one, 0)
  assert alone.shape == (1, 32, 64, 3)
  assert np.abs(alone[0].astype(int) - drawn[1]).max() <= 1


def test_imported_gaugan_draws(tmp_path):
  name = 'cityscapes_more_edges'
  np.savez(tmp_path / 'g.npz', **recipe.state_dict(name, 'G'))
  importing.import_gaugan(
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
  drawn = found.draw(
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
  checkpoint.save_tree(
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
  checkpoint.save_tree(
    tmp_path / 'run', {'generator': sampler(workdir).variables}
  )
  checkpoint.save_config(tmp_path / 'run', wide)
  with pytest.raises(InputError) as error:
    sampler_lib.Sampler.from_folder(str(tmp_path / 'run'))
  assert 'params/conv_img/kernel is (3, 3, 2, 3), the model has' in str(
    error.value
  )
