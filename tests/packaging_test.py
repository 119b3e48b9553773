"""`pip install .`, and then every command from another directory."""

import os
import pathlib
import subprocess
import sysconfig
import tomllib
import venv

import pytest

import instgan_jax
from instgan_jax.cli import command_list
from tests import tiny

ROOT = pathlib.Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']

pytestmark = pytest.mark.user


@pytest.fixture(scope='module')
def installed(tmp_path_factory):
  """A fresh environment with this package; the libraries are this one's."""
  folder = tmp_path_factory.mktemp('environment')
  venv.create(folder, with_pip=True)
  binaries = folder / 'bin'
  (site_packages,) = folder.glob('lib/python*/site-packages')
  pip = [binaries / 'python', '-m', 'pip', 'install', '--quiet', '--no-deps']
  subprocess.run([*pip, ROOT], check=True)
  libraries = sysconfig.get_paths()['purelib']
  (site_packages / 'libraries.pth').write_text(libraries + '\n')
  return binaries


@pytest.fixture
def run(installed, tmp_path):
  """Runs a program of the environment in an empty folder."""

  def run(program, *arguments, **changes):
    environment = {
      **{k: v for k, v in os.environ.items() if k != 'PYTHONPATH'},
      **changes,
    }
    return subprocess.run(
      [installed / program, *map(str, arguments)],
      cwd=tmp_path,
      env=environment,
      capture_output=True,
      text=True,
      check=False,
    )

  return run


def test_the_installed_package_is_the_one_that_runs(run):
  where = 'import instgan_jax; print(instgan_jax.__file__)'
  assert not run('python', '-c', where).stdout.startswith(str(ROOT))
  for command in (
    ['instgan', '--version'],
    ['python', '-m', 'instgan_jax', '--version'],
    ['python', '-m', 'instgan_jax.generate', '--version'],
  ):
    done = run(*command)
    assert (done.returncode, done.stdout) == (0, f'{instgan_jax.__version__}\n')


def test_every_command_has_help(run):
  listed = run('python', '-m', 'instgan_jax')
  assert listed.returncode == 0
  for name, (module, _) in command_list.COMMANDS.items():
    assert module in listed.stdout
    by_name = run('instgan', name, '--help')
    assert by_name.returncode == 0, by_name.stderr
    by_module = run('python', '-m', module, '--help')
    assert by_module.returncode == 0, by_module.stderr
    assert f'python -m {module}' in by_module.stdout


def test_a_shipped_configuration_is_found_by_its_path(run, tmp_path):
  """Its own words about a method that it has not."""
  config = 'configs/toy_street.py:gan'
  done = run('instgan', 'train', f'--config={config}', '--workdir=run')
  assert (done.returncode, done.stdout) == (2, '')
  assert "unknown method 'gan'" in done.stderr


def test_a_shipped_configuration_trains(run, tmp_path):
  done = run(
    'instgan',
    'train',
    '--config=toy_street:lip',
    f'--workdir={tmp_path / "run"}',
    *tiny.flags(num_steps=1),
  )
  assert done.returncode == 0, done.stderr
  assert (tmp_path / 'run' / 'samples' / '000001.png').exists()


def test_the_generator_that_ships_is_installed(run, tmp_path):
  as_users = {'XLA_FLAGS': '', 'JAX_DISABLE_MOST_OPTIMIZATIONS': '0'}
  done = run('instgan', 'generate', '--output_dir=streets', **as_users)
  assert done.returncode == 0, done.stderr
  assert 'The generator that ships with instgan_jax: L+I+P' in done.stderr
  assert len(list((tmp_path / 'streets').glob('toytown_*.png'))) == 4


def test_tensorflow_is_an_extra():
  required = ' '.join(PROJECT['dependencies'])
  assert 'tensorflow' not in required and 'tensorboard' not in required
  extras = PROJECT['optional-dependencies']
  assert any('tensorflow' in name for name in extras['data'])
  requirements = (ROOT / 'requirements.txt').read_text()
  assert '.[data,study,studio]' in requirements


@pytest.mark.parametrize('app', ['human_study.web', 'studio'])
def test_the_pages_of_the_apps_are_shipped(run, app):
  files = (
    'from instgan_jax.apps.web import static_files\n'
    f'print(*sorted(static_files.read("instgan_jax.apps.{app}")))'
  )
  done = run('python', '-c', files)
  pages = ROOT / 'instgan_jax' / 'apps' / app.replace('.', '/') / 'pages'
  assert done.stdout.split() == sorted(path.name for path in pages.iterdir())
