"""Every number of the shipped configurations has a range; others are named."""

import numbers

import pytest
from ml_collections import config_dict

from configs import cityscapes_l, cityscapes_segmenter
from data_pipeline.errors import InputError
from instgan_jax.build import ranges
from tests import tiny

PROGRAMS = {
  'gan': (tiny.config, cityscapes_l, ranges.GAN),
  'segmenter': (tiny.segmenter_config, cityscapes_segmenter, ranges.SEGMENTER),
}
# Checked together with other fields, elsewhere.
OTHERS = {
  *('batch_size', 'model.num_labels', 'min_scale', 'max_scale'),
  *('eval.every_steps', 'eval.num_scenes'),
  *('data.instance_share', 'data.load_height', 'data.load_width'),
}


def numbers_of(config, prefix=''):
  for key, value in config.items():
    if isinstance(value, config_dict.ConfigDict):
      yield from numbers_of(value, f'{prefix}{key}.')
    elif isinstance(value, numbers.Number) and not isinstance(value, bool):
      yield prefix + key


@pytest.mark.parametrize('program', PROGRAMS)
def test_every_number_has_a_range(program):
  make, shipped, table = PROGRAMS[program]
  ranges.check(make(), table, program)
  config = shipped.get_config()
  ranges.check(config, table, program)
  assert set(table) == set(numbers_of(config)) - OTHERS


@pytest.mark.parametrize(
  ('key', 'value'),
  [
    ('num_steps', -5),
    ('seed', -1),
    ('seed', 2**32),
    ('g_learning_rate', -1e-4),
    ('g_learning_rate', float('nan')),
    ('d_learning_rate', float('inf')),
    ('adam_b2', 1.0),
    ('discriminator.num_layers', 0),
    ('data.num_threads', 0),
    ('data.height', 100000),
    ('model.base_channels', 0),
    ('model.latent_dim', 0),
    ('loss_weights.kl', -0.1),
    ('keep_every_steps', -1),
  ],
)
def test_a_number_outside_is_named_with_its_range(key, value):
  config = tiny.config(**{key.replace('.', '__'): value})
  with pytest.raises(InputError) as error:
    ranges.check(config, ranges.GAN, 'instgan_jax.main')
  expected = f'{key} is {value}, expected a number in {ranges.GAN[key]}.'
  assert str(error.value) == expected


@pytest.mark.parametrize('program', PROGRAMS)
def test_a_configuration_of_another_program_is_refused(program):
  (other,) = [make for name, (make, *_) in PROGRAMS.items() if name != program]
  _, _, table = PROGRAMS[program]
  with pytest.raises(InputError, match='so that it is none of PROGRAM: name'):
    ranges.check(other(), table, 'PROGRAM')
