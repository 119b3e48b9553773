"""Programs keep what they compile, within bounds; of it, what is complete."""

import os
import subprocess
import sys

from instgan_jax.cli import program


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


def test_what_a_kill_left_is_removed(monkeypatch, tmp_path):
  folder = tmp_path / 'instgan_jax' / 'compiled_programs'
  folder.mkdir(parents=True)
  for name in ('whole-cache', 'whole-atime', 'cut-cache'):
    (folder / name).touch()
  environment_of_a_program(monkeypatch, tmp_path)
  kept = {path.name for path in folder.iterdir()}
  assert kept == {'whole-cache', 'whole-atime'}


def test_programs_are_compressed_with_a_checksum(tmp_path):
  """Also where JAX finds a compressor that writes none."""
  (tmp_path / 'zstandard.py').touch()
  found = subprocess.run(
    [
      *(sys.executable, '-c'),
      'from instgan_jax.runtime import compiled_programs\n'
      'compiled_programs.configure()\n'
      'try:\n  import zstandard\nexcept ImportError:\n  print("none")',
    ],
    env={**os.environ, 'PYTHONPATH': f'{tmp_path}:.'},
    capture_output=True,
    text=True,
    check=True,
  )
  assert found.stdout == 'none\n'
