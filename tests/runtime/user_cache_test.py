"""The cache is the user's, and programs keep what they compile in it."""

import os

from instgan_jax.cli import program
from instgan_jax.runtime import user_cache


def test_the_cache_is_the_users(monkeypatch, tmp_path):
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
  assert user_cache.folder() == tmp_path / 'instgan_jax'
  monkeypatch.delenv('XDG_CACHE_HOME')
  monkeypatch.setenv('HOME', str(tmp_path))
  assert user_cache.folder() == tmp_path / '.cache' / 'instgan_jax'


def environment_of_a_program(monkeypatch, tmp_path, **given):
  """What a command finds in the environment when it starts."""
  with monkeypatch.context() as patch:
    for name in ('DIR', 'MAX_SIZE'):
      patch.delenv(f'JAX_COMPILATION_CACHE_{name}', raising=False)
    patch.setenv('XDG_CACHE_HOME', str(tmp_path))
    for name, value in given.items():
      patch.setenv(name, value)
    seen = {}
    try:
      program.exit_after(lambda: seen.update(os.environ))
    except SystemExit as ended:
      assert ended.code == 0
    for name in ('DIR', 'MAX_SIZE'):
      os.environ.pop(f'JAX_COMPILATION_CACHE_{name}', None)
    return seen


def test_compiled_programs_are_kept_within_bounds(monkeypatch, tmp_path):
  seen = environment_of_a_program(monkeypatch, tmp_path)
  folder = tmp_path / 'instgan_jax' / 'compiled_programs'
  assert seen['JAX_COMPILATION_CACHE_DIR'] == str(folder)
  assert seen['JAX_COMPILATION_CACHE_MAX_SIZE'] == str(2 * 2**30)


def test_a_folder_of_the_users_own_has_precedence(monkeypatch, tmp_path):
  own = {'JAX_COMPILATION_CACHE_DIR': '/own'}
  seen = environment_of_a_program(monkeypatch, tmp_path, **own)
  assert seen['JAX_COMPILATION_CACHE_DIR'] == '/own'
  assert 'JAX_COMPILATION_CACHE_MAX_SIZE' not in seen
