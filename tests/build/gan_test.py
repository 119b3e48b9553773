"""Configurations: their sizes, their schedules, their refusals."""

import importlib
import pathlib

import jax
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.build import data, gan, schedule
from tests import tiny

CONFIGS = pathlib.Path(__file__).parent.parent / 'configs'
# Parameters of generator and discriminator. The public GauGAN for Cityscapes
# (edges) has 93,048,003 and 5,601,410; without its edge channel the first
# layer loses 9 * 1024 weights, 18 SPADE layers 9 * 128 each: 93,018,051.
NUM_PARAMETERS = {
  'cityscapes_gaugan': (93_048_003, 5_601_410),
  'cityscapes_l': (93_018_051, 5_599_362),
  'cityscapes_li': (95_866_435, 5_599_362),
  'cityscapes_lip': (95_866_435, 5_599_362),
  'toy_street': (8_505_427, 370_754),
}


def count(tree):
  return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(tree))


def get_config(name):
  return importlib.import_module(f'configs.{name}').get_config()


def test_every_config_has_its_golden_count():
  names = {path.stem for path in CONFIGS.glob('*.py')} - {'__init__'}
  # Those are of another kind: see build_segmenter_test.
  segmenters = {name for name in names if name.endswith('_segmenter')}
  assert names - segmenters == set(NUM_PARAMETERS)


@pytest.mark.parametrize('name', sorted(NUM_PARAMETERS))
def test_number_of_parameters(name):
  config = get_config(name)
  networks = gan.networks(config)
  state = gan.abstract_state(config, networks, gan.optimizers(config, 2975))
  assert (count(state.g_params), count(state.d_params)) == (
    NUM_PARAMETERS[name]
  )


def test_gaugan_schedule_is_constant_for_100_epochs_then_falls_each_epoch():
  config = get_config('cityscapes_l')
  # 2975 scenes, batch 16: 185 steps an epoch.
  schedule = schedule.learning_rate(config, 2975, 1.0)
  assert schedule.num_steps(config, 2975) == 200 * 185
  assert schedule(0) == schedule(100 * 185) == 1.0
  assert schedule(101 * 185 - 1) == 1.0
  np.testing.assert_allclose(schedule(101 * 185), 0.99, rtol=1e-6)
  np.testing.assert_allclose(schedule(102 * 185 - 1), 0.99, rtol=1e-6)
  np.testing.assert_allclose(schedule(200 * 185 - 1), 0.01, rtol=1e-5)


def test_a_run_in_steps_decays_at_every_step():
  config = tiny.config(num_steps=10)
  schedule = schedule.learning_rate(config, 6, 1.0)
  np.testing.assert_allclose(
    [schedule(k) for k in range(10)],
    [1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2],
    rtol=1e-6,
  )


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'batch_size': 6}, r'batch_size 6 .* 4 devices .*batch_size=8'),
    ({'batch_size': 0}, r'batch_size 0'),
    ({'log_every_steps': 0}, r'log_every_steps is 0.*at least 1'),
    ({'ema_decay': 1.5}, r'ema_decay is 1\.5'),
    ({'decay_fraction': -0.5}, r'decay_fraction is -0\.5'),
    ({'data__loader': 'grain'}, r"data\.loader is 'grain', .*'tf_data'"),
    ({'model__use_instances': False}, r'use_position_map needs'),
    ({'model__num_labels': 34}, r'num_labels is 34, the data have 35'),
  ],
)
def test_check_refuses(changes, message):
  with pytest.raises(InputError, match=message):
    gan.check(tiny.config(**changes))


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'data__height': 48}, r'(?s)48'),
    ({'model__upsampling': 'less'}, r"'less'.*'normal'"),
    ({'model__position_frequencies': 'high'}, r"'high'"),
    ({'dtype': 'float16'}, r"dtype is 'float16'.*'bfloat16'"),
    ({'vgg19_weights': 'nowhere'}, r'nowhere is not a checkpoint'),
  ],
)
def test_networks_refuse(changes, message):
  with pytest.raises(InputError, match=message):
    gan.networks(tiny.config(**changes))


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'data__source': 'video'}, r"data\.source is 'video', .*'toy_street'"),
    ({'data__width': 96}, r'data\.width 96 .*width=64'),
    ({'data__num_train': 0}, r'train split .* no scene'),
    (
      {'data__source': 'folder', 'data__path': 'missing/folder'},
      r'missing/folder',
    ),
    ({'data__source': 'npz', 'data__path': 'missing'}, r'missing/train\.npz'),
  ],
)
def test_source_refuses(changes, message):
  with pytest.raises(InputError, match=message):
    data.source(tiny.config(**changes), 'train')


def test_steps_and_epochs_exclude_each_other():
  with pytest.raises(InputError, match='exactly one'):
    schedule.num_steps(tiny.config(num_epochs=1), 6)
  with pytest.raises(InputError, match='exactly one'):
    schedule.num_steps(tiny.config(num_steps=0), 6)
