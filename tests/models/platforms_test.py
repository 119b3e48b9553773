import jax
import jax.numpy as jnp
import pytest
from jax import export

from instgan_jax.models import platforms


def chosen(x):
  return platforms.choose(
    x, cpu=lambda x: x + 1, tpu=lambda x: x + 2, default=lambda x: x + 3
  )


def forbidden(x):
  raise AssertionError('A form of another platform was traced.')


def test_only_the_form_of_this_device_is_traced():
  result = platforms.choose(0, cpu=lambda x: x + 1, default=forbidden)
  assert result == 1


@pytest.mark.parametrize(
  ('name', 'expected'), [('cpu', 1), ('tpu', 2), ('cuda', 3)]
)
def test_another_platform_can_be_wanted(name, expected):
  with platforms.traced_for(name):
    assert chosen(0) == expected


def test_forms_of_several_platforms_go_into_one_program():
  x = jax.ShapeDtypeStruct((), jnp.int32)
  with platforms.traced_for('cpu', 'tpu', 'cuda'):
    module = export.export(jax.jit(chosen), platforms=('cpu', 'tpu', 'cuda'))(x)
  assert module.call(0) == 1
  assert module.mlir_module().count('stablehlo.add') >= 3


def test_what_was_wanted_ends_with_the_block():
  with platforms.traced_for('tpu'), platforms.traced_for('cuda'):
    assert chosen(0) == 3
  assert chosen(0) == 1
