import pytest

from data_pipeline.errors import InputError
from instgan_jax.cli import configurations


def test_rows_are_named_configurations_with_fields_of_their_own():
  rows = configurations.rows(
    ['a=toy_street:li', 'b+=configs/toy_street.py ema_decay=0.5 num_steps=3'],
    'row',
    {'num_steps': 7, 'sample_scenes': (1, 2)},
  )
  assert list(rows) == ['a', 'b+']
  assert [rows[name].num_steps for name in rows] == [7, 3]
  assert rows['a'].sample_scenes == rows['b+'].sample_scenes == (1, 2)
  assert not rows['a'].model.use_position_map
  assert rows['b+'].ema_decay == 0.5


def test_a_file_without_a_configuration_has_not_that_of_another(tmp_path):
  path = tmp_path / 'empty.py'
  path.write_text('x = 1\n')
  with pytest.raises(InputError, match=r'empty\.py has no get_config'):
    configurations.rows(['a=toy_street', f'b={path}'], 'row', {})


@pytest.mark.parametrize(
  ('words', 'config'),
  [
    (['--row', 'a=toy_street:l x=1', '--row=b=toy'], ['--config=toy_street:l']),
    (['--rows=3', '--row=a=b.py', '--config.x=1'], ['--config=b.py']),
    (['--row=a=b.py', '--config', 'c.py'], []),
    (['--config.x=1'], []),
  ],
)
def test_the_first_row_gives_what_config_does(words, config):
  argv = configurations.with_config(['reproduce', *words], 'row')
  assert argv == ['reproduce', *config, *words]


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    (['toy_street'], "has 'toy_street', expected NAME=CONFIG"),
    (['a='], "has 'a=', expected"),
    (['a=toy_street ema_decay'], 'expected NAME=CONFIG or'),
    (['a=toy_street', 'a=toy_street'], 'has the name a twice'),
    (['a=nowhere.py'], "'nowhere.py': there is no such file"),
    (['a=toy_street ema=1'], 'there is no field'),
  ],
)
def test_other_rows_are_refused(words, message):
  with pytest.raises(InputError, match=message):
    configurations.rows(words, 'row', {})
