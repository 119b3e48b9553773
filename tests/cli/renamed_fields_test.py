"""An old name of a field means the new one."""

import pytest

from instgan_jax.cli import renamed_fields


@pytest.mark.parametrize('equals', ['=3', ''])
def test_an_old_name_becomes_the_new_one(equals):
  old, new = (
    ['main', '--config', 'toy_street', f'--config.{name}{equals}', '3']
    for name in ('num_measured_scenes', 'eval.num_scenes')
  )
  assert renamed_fields.resolve(old) == new


@pytest.mark.parametrize(
  'word', ['--config.seed=3', '--num_measured_scenes=3', 'num_measured_scenes']
)
def test_all_else_stays(word):
  assert renamed_fields.resolve([word]) == [word]
