"""Configurations of the GAN: their sizes and their refusals."""

import importlib
import pathlib

import jax
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.build import gan
from instgan_jax.runtime import devices
from tests import tiny

pytestmark = pytest.mark.slow


CONFIGS = pathlib.Path(__file__).parent.parent.parent / 'configs'
# Parameters of generator and discriminator. The public GauGAN for Cityscapes
# (edges) has 93,048,003 and 5,601,410; without its edge channel the first
# layer loses 9 * 1024 weights, 18 SPADE layers 9 * 128 each: 93,018,051.
# COCO has 166 label channels more: (9 * 1024 + 18 * 9 * 128) * 166 weights of
# the generator, 2 * 16 * 64 * 166 of the discriminator; ADE20K 116 more.
NUM_PARAMETERS = {
  'cityscapes_gaugan': (93_048_003, 5_601_410),
  'cityscapes_l': (93_018_051, 5_599_362),
  'cityscapes_li': (95_866_435, 5_599_362),
  'cityscapes_lip': (95_866_435, 5_599_362),
  'coco_l': (97_990_083, 5_939_330),
  'coco_li': (100_838_467, 5_939_330),
  'coco_lip': (100_838_467, 5_939_330),
  'ade20k_l': (96_492_483, 5_836_930),
  'ade20k_li': (99_340_867, 5_836_930),
  'ade20k_lip': (99_340_867, 5_836_930),
  # The instance encoder has 64 * 65 + 128 * 65 + 256 * 132 + 2 * 64 * 257.
  # The segmentation discriminator: down 38,976 + 73,856 + 229,760 + 295,168 +
  # 918,272 + 1,180,160, up 1,180,160 + 803,200 + 475,520 + 200,896 + 118,976 +
  # 50,272, and 32 * 36 + 36.
  'cityscapes_strong': (95_866_435 + 79_168, 5_599_362 + 5_566_404),
  'toy_street': (8_505_427, 370_754),
  # 32 * 65 + 64 * 33 + 128 * 68 + 2 * 8 * 129, and latents of 8, not 64,
  # before a layer of 128. The segmentation discriminator: down 2,832 + 4,640 +
  # 14,432 + 18,496, up 18,496 + 12,592 + 7,472 + 3,160, and 8 * 36 + 36.
  'toy_street_strong': (8_505_427 + 14_960 - 56 * 128, 370_754 + 82_444),
  'toy_street_large': (5_005_263 + 14_960, 370_754),
}


def count(tree):
  return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(tree))


def get_config(name):
  return importlib.import_module(f'configs.{name}').get_config()


def test_every_config_has_its_golden_count():
  names = {path.stem for path in CONFIGS.glob('*.py')} - {'__init__'}
  # Those are of another kind: see segmenter_test.
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


def test_the_state_is_traced_once_for_its_shapes_and_its_values(monkeypatch):
  traced = []

  def initialize(*args, seed, **options):
    traced.append(seed)
    return {'step': jax.numpy.full(3, seed)}

  monkeypatch.setattr(gan.initialization, 'initialize', initialize)
  config = tiny.config(seed=5)
  run = config, gan.networks(config), gan.optimizers(config, 6)
  assert gan.abstract_state(*run)['step'].shape == (3,)
  assert gan.initial_state(*run)['step'].tolist() == [5, 5, 5]
  assert traced == [5]


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'batch_size': 6}, r'batch_size 6 .* 4 devices .*batch_size=8'),
    ({'batch_size': 0}, r'batch_size 0'),
    (
      {'log_every_steps': 0},
      r'log_every_steps is 0, expected .* \[1, inf',
    ),
    (
      {'keep_checkpoints': 0},
      r'keep_checkpoints is 0, expected .* \[1, inf',
    ),
    ({'ema_decay': 1.5}, r'ema_decay is 1\.5'),
    ({'decay_fraction': -0.5}, r'decay_fraction is -0\.5'),
    ({'data__loader': 'grain'}, r"data\.loader is 'grain', .*'tf_data'"),
    ({'model__use_instances': False}, r'use_position_map needs'),
    (
      {'model__instance_encoder': True, 'model__use_position_map': False}
      | {'model__use_instances': False},
      'model.instance_encoder needs model.use_instances',
    ),
    ({'prior_fraction': 1.0}, r'prior_fraction is 1\.0, expected .* \[0, 1\)'),
    (
      {'discriminator__augmentation': 'color,blur'},
      r"augmentation is 'blur', .*'cutout'",
    ),
    (
      {'loss_weights__diversity': 1.0, 'model__use_position_map': False}
      | {'model__use_instances': False},
      r'diversity needs model\.use_instances',
    ),
    ({'discriminator__kind': 'oasis'}, r"kind is 'oasis', .*'segmentation'"),
    (
      {'discriminator__kind': 'segmentation', 'discriminator__num_layers': 6},
      r'num_layers is 6, .* halves 32x64 pixels',
    ),
    (
      {'discriminator__kind': 'patch+segmentation'},
      r'segmentation_layers is 6, .* halves 32x64 pixels',
    ),
    (
      {'discriminator__segmentation_channels': 0},
      r'segmentation_channels is 0, expected .* \[1, inf\)',
    ),
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
    ({'model__modulation_form': 'sparse'}, r"'sparse'.*'dense'"),
    ({'dtype': 'float16'}, r"dtype is 'float16'.*'bfloat16'"),
  ],
)
def test_networks_or_their_shapes_refuse(changes, message):
  config = tiny.config(**changes)
  with pytest.raises(InputError, match=message):
    gan.abstract_state(config, gan.networks(config), gan.optimizers(config, 6))


def test_unusable_weights_of_vgg19_are_refused():
  with pytest.raises(InputError, match='nowhere is not a checkpoint'):
    gan.vgg19_variables(tiny.config(vgg19_weights='nowhere'))
  assert gan.vgg19_variables(tiny.config()) is None


def test_the_average_is_a_part_of_the_state_where_it_is_on():
  networks = gan.networks(tiny.config())
  for decay in (0.0, 0.9):
    config = tiny.config(ema_decay=decay)
    state = gan.abstract_state(config, networks, gan.optimizers(config, 6))
    assert bool(jax.tree.leaves(state.ema)) == (decay > 0)


def step_of(**changes):
  config = tiny.config(**changes)
  modules = gan.networks(config, axis_name=devices.AXIS_NAME)
  optimizers = gan.optimizers(config, num_examples=6)
  return gan.train_step(
    config, modules, optimizers, axis_name=devices.AXIS_NAME
  )


KINDS = [
  {'discriminator__kind': kind}
  for kind in ('patch', 'segmentation', 'patch+segmentation')
]
OTHERS = [
  {'seed': 1},
  {'num_steps': 7},
  {'g_learning_rate': 0.1},
  {'adam_b1': 0.5},
  {'ema_decay': 0.1},
  {'prior_fraction': 0.1},
  {'vgg19_weights': 'folder'},
  {'loss_weights__l1': 1.0},
  {'model__base_channels': 4},
  {'model__use_position_map': False},
  {'discriminator__augmentation': 'color'},
]


@pytest.mark.parametrize('changes', [*KINDS, *OTHERS])
def test_runs_of_one_configuration_share_their_compiled_update(changes):
  step = step_of(**changes)
  assert devices.parallelize(step) is devices.parallelize(step_of(**changes))
  others = [other for other in [{}, *KINDS[1:], *OTHERS] if other != changes]
  if changes != KINDS[0]:  # The default.
    assert all(step != step_of(**other) for other in others)
