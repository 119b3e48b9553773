import ml_collections
import pytest

from data_pipeline.errors import InputError
from instgan_jax.build import errors


def test_unknown_value_lists_the_known_ones():
  error = errors.unknown_value('dtype', 'int8', ['float32', 'bfloat16'])
  assert isinstance(error, InputError)
  assert str(error) == (
    "dtype is 'int8', expected one of 'float32', 'bfloat16'."
  )


def test_the_first_field_below_1_is_named():
  config = ml_collections.ConfigDict({'a': 1, 'b': 0, 'c': -3})
  errors.check_at_least_1(config, ('a',))
  with pytest.raises(InputError, match='^b is 0, it must be at least 1'):
    errors.check_at_least_1(config, ('a', 'b', 'c'))
