import pytest

from data_pipeline.errors import InputError
from instgan_jax.cli import image_size


def test_height_comes_first():
  assert image_size.parse('256x512', 'size') == (256, 512)
  assert image_size.parse('', 'size') is image_size.parse(None, 'size') is None


@pytest.mark.parametrize(
  'text', ['256', '256x', '0x5', '256*512', 'axb', '-1x2']
)
def test_a_size_is_two_numbers(text):
  with pytest.raises(InputError, match='--size is .* HEIGHTxWIDTH'):
    image_size.parse(text, 'size')
