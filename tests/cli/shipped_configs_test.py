"""Configurations of the package, by name, from any folder."""

import pytest

from data_pipeline.errors import InputError
from instgan_jax import main
from instgan_jax.cli import program, shipped_configs
from tests import programs

SHIPPED = programs.ROOT / 'configs'
NAMES = sorted(path.stem for path in SHIPPED.glob('[a-z]*.py'))


def test_shipped_configurations_are_loaded_by_name():
  config = shipped_configs.load('cityscapes_l')
  assert (config.data.height, config.data.width) == (256, 512)
  with pytest.raises(ModuleNotFoundError):
    shipped_configs.load('cityscapes_xl')


@pytest.mark.parametrize(
  'given',
  [
    'toy_street',
    'toy_street:li',
    'toy_street.py',
    'configs/toy_street.py',
    'configs/toy_street.py:li',
    './configs/toy_street.py',
    './toy_street',
  ],
)
def test_names_are_found_from_another_folder(given, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  argument = ':li' if given.endswith(':li') else ''
  path = f'{SHIPPED / "toy_street.py"}{argument}'
  rest = ['--config.seed=1', '--workdir=toy_street']
  for config, expected in (
    ([f'--config={given}'], [f'--config={path}']),
    (['--config', given], ['--config', path]),
    ([f'-config={given}'], [f'-config={path}']),
  ):
    argv = ['train', *config, *rest]
    assert shipped_configs.resolve(argv) == ['train', *expected, *rest]


def test_a_file_goes_before_a_shipped_one(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'configs').mkdir()
  (tmp_path / 'configs' / 'toy_street.py').write_text('')
  given = ['train', '--config=configs/toy_street.py:li']
  assert shipped_configs.resolve(given) == given
  # The bare name always means the shipped one.
  resolved = shipped_configs.resolve(['train', '--config=toy_street'])
  assert resolved == ['train', f'--config={SHIPPED / "toy_street.py"}']


@pytest.mark.parametrize(
  'given',
  [
    'unknown',
    'other/toy_street.py',
    'other/configs/toy_street.py',
    '/nowhere/configs/toy_street.py',
    'configs/unknown.py:li',
    '__init__',
    '',
  ],
)
def test_other_files_that_do_not_exist_are_refused(
  given, tmp_path, monkeypatch
):
  monkeypatch.chdir(tmp_path)
  message = f"--config is '{given}': there is no such .* one of .*, toy_street"
  with pytest.raises(InputError, match=message):
    main.command.call(['train', f'--config={given}', '--workdir=run'])
  assert not list(tmp_path.iterdir())


def test_other_words_are_left_as_they_are():
  argv = ['train', '--workdir=unknown', '--config.seed=1', 'x', '--config']
  assert shipped_configs.resolve(argv) == argv


@pytest.mark.parametrize('name', NAMES)
def test_a_command_reads_every_shipped_configuration_anywhere(
  name, tmp_path, monkeypatch
):
  monkeypatch.chdir(tmp_path)
  got = []
  reading = program.Command(
    '', lambda values: None, lambda v: got.append(v.config), config='Any.'
  )
  reading.call(['read', '--config', name, '--config.seed=5'])
  expected = shipped_configs.load(name)
  with expected.unlocked():
    expected.seed = 5
  assert got[0].to_dict() == expected.to_dict()
