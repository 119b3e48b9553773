"""What a result was computed with."""

import importlib.metadata
import pathlib
import subprocess

import instgan_jax

_PACKAGES = ('jax', 'flax', 'numpy', 'scipy', 'pillow')


def versions() -> dict[str, str]:
  """Versions by package, and of a checkout the 'commit'."""
  found = {'instgan_jax': instgan_jax.__version__}
  for package in _PACKAGES:
    try:
      found[package] = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
      found[package] = 'not installed'
  if commit := _commit(pathlib.Path(instgan_jax.__file__).parent.parent):
    found['commit'] = commit
  return found


def _commit(checkout: pathlib.Path) -> str:
  """The commit, with '-dirty' if files differ; '' where there is none."""
  if not (checkout / '.git').exists():
    return ''
  git = ['git', '-C', str(checkout), 'describe', '--always', '--dirty']
  try:
    done = subprocess.run(
      [*git, '--abbrev=40', '--exclude=*'],
      capture_output=True,
      text=True,
      timeout=20,
      check=True,
    )
  except (OSError, subprocess.SubprocessError):
    return ''
  return done.stdout.strip()
