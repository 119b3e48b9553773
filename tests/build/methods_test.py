"""The paper's methods and the fields of `config.model` that make them."""

import pytest

from configs import cityscapes_gaugan, toy_street
from instgan_jax.build import methods
from tests import tiny


@pytest.mark.parametrize(
  ('argument', 'method'), [('l', 'L'), ('li', 'L+I'), ('lip', 'L+I+P')]
)
def test_toy_methods_are_named(argument, method):
  config = toy_street.get_config(argument)
  assert methods.name(config) == method
  assert methods.has_styles(config) == (method != 'L')


@pytest.mark.parametrize('method', sorted(methods.METHODS))
def test_a_configuration_of_any_method_becomes_one_of_another(method):
  for argument in ('l', 'li', 'lip'):
    config = tiny.config(argument)
    before = config.to_dict()
    changed = methods.with_method(config, method)
    assert methods.name(changed) == method
    assert config.to_dict() == before
    # Nothing else changes.
    again = methods.with_method(changed, methods.name(config))
    assert again.to_dict() == before


def test_an_image_style_is_a_style_too():
  config = tiny.config('l', model__image_style_dim=8)
  assert methods.name(config) == 'L' and methods.has_styles(config)
  assert not methods.has_styles(tiny.config('l'))
  assert methods.name(cityscapes_gaugan.get_config()) == 'L'


def test_a_position_map_without_instances_is_no_method():
  with pytest.raises(ValueError, match='use_position_map needs use_instances'):
    methods.name(tiny.config(model__use_instances=False))
