from data_pipeline.errors import InputError
from instgan_jax.build import errors


def test_unknown_value_lists_the_known_ones():
  error = errors.unknown_value('dtype', 'int8', ['float32', 'bfloat16'])
  assert isinstance(error, InputError)
  assert str(error) == (
    "dtype is 'int8', expected one of 'float32', 'bfloat16'."
  )
