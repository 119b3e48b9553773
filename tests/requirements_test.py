"""What pyproject.toml admits is what `make test-oldest` tests."""

import pathlib
import tomllib

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = pathlib.Path(__file__).parent.parent


def versions(lines, operator):
  """The versions of that operator, by the names of the packages."""
  return {
    requirement.name: {
      Version(part.version)
      for part in requirement.specifier
      if part.operator == operator
    }
    for requirement in map(Requirement, lines)
  }


def test_the_oldest_versions_are_the_lower_bounds():
  text = (ROOT / 'tests' / 'requirements-oldest.txt').read_text()
  lines = [line for line in text.splitlines() if not line.startswith('#')]
  pinned = versions(lines, '==')
  project = tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']
  bounds = versions(project['dependencies'], '>=')
  assert bounds == {name: pinned[name] for name in bounds}


def test_the_accelerators_have_the_same_jax():
  project = tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']
  extras = project['optional-dependencies']
  (jax,) = [
    Requirement(line)
    for line in project['dependencies']
    if Requirement(line).name == 'jax'
  ]
  for name in ('cuda', 'tpu'):
    (line,) = extras[name]
    assert Requirement(line).specifier == jax.specifier
