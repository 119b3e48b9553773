"""Modules of the study import modules of lower layers and of their own only."""

import ast

import pytest

from tests.apps.human_study import studies

STUDY = 'instgan_jax.apps.human_study'
# From the lowest layer up; those of one row do not import each other.
LAYERS = (('design',), ('answers',), ('analysis', 'web'))
FOLDER = studies.ROOT / STUDY.replace('.', '/')


def imports(path):
  """Names of the study that a file imports, such as `design.plan`."""
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.Import):
      modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
      modules = [f'{node.module}.{alias.name}' for alias in node.names]
    else:
      continue
    for module in modules:
      if module.startswith(f'{STUDY}.'):
        yield module.removeprefix(f'{STUDY}.')


@pytest.mark.parametrize('level', range(len(LAYERS)))
def test_each_layer_imports_lower_layers_and_itself_only(level):
  lower = [name for row in LAYERS[:level] for name in row]
  for layer in LAYERS[level]:
    paths = sorted((FOLDER / layer).glob('*.py'))
    assert len(paths) > 2
    for path in paths:
      for module in imports(path):
        name = module.partition('.')[0]
        assert name in (*lower, layer), f'{path} imports {module}'


def test_every_folder_has_a_layer():
  folders = {path.parent.name for path in FOLDER.glob('*/__init__.py')}
  assert folders == {name for row in LAYERS for name in row}
