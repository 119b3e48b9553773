"""A result names the code that it was computed with."""

import pathlib
import re
import subprocess

import pytest

import instgan_jax
from instgan_jax.runtime import versions


@pytest.fixture
def checkout(tmp_path, monkeypatch):
  """A repository of the package, with one commit."""
  package = tmp_path / 'instgan_jax' / '__init__.py'
  package.parent.mkdir()
  package.write_text('')
  git = ['git', '-C', str(tmp_path), '-c', 'user.name=a', '-c', 'user.email=b']
  for words in (['init', '-q'], ['add', '.'], ['commit', '-qm', 'One']):
    subprocess.run([*git, *words], check=True)
  monkeypatch.setattr(instgan_jax, '__file__', str(package))
  return tmp_path


def test_a_checkout_has_a_commit_and_says_whether_files_differ(checkout):
  commit = versions.versions()['commit']
  assert re.fullmatch('[0-9a-f]{40}', commit)
  (checkout / 'instgan_jax' / '__init__.py').write_text('changed = True\n')
  assert versions.versions()['commit'] == f'{commit}-dirty'


def test_an_installed_package_has_a_version_alone(tmp_path, monkeypatch):
  file = pathlib.Path(tmp_path, 'instgan_jax', '__init__.py')
  monkeypatch.setattr(instgan_jax, '__file__', str(file))
  found = versions.versions()
  assert found['instgan_jax'] == instgan_jax.__version__
  assert 'commit' not in found and found['numpy']
