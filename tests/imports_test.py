"""Imports point one way (see the table), and importing does nothing."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parent.parent
# Each line may import the lines above it and itself; the first match counts.
LAYERS = (
  ('configs', 'data_pipeline', 'instgan_jax.runtime.exits'),
  (
    'instgan_jax.models',
    'instgan_jax.losses',
    'instgan_jax.pretrained',
    'instgan_jax.weights',
    'instgan_jax.checkpoints.manager',
    'instgan_jax.pretrained.load',
  ),
  ('instgan_jax.train',),
  ('instgan_jax.build', 'instgan_jax.train.warm_start'),
  ('instgan_jax.inference',),
  ('instgan_jax.evaluation', 'instgan_jax.exporting'),
  ('instgan_jax.cli.program',),
  ('instgan_jax.apps',),
  ('instgan_jax',),  # The verbs.
)
# What a file may not import at all, and which files may after all.
FORBIDDEN = {
  'data_pipeline': ('jax', 'flax', 'optax', 'orbax', 'instgan_jax'),
  'configs': ('jax', 'numpy', 'data_pipeline', 'instgan_jax'),
  'instgan_jax': ('tensorflow', 'tensorflow_datasets', 'torch'),
}
TENSORFLOW_FILES = {
  'data_pipeline/cityscapes.py',
  'data_pipeline/tf_batches.py',
  'instgan_jax/exporting/saved_model.py',
}


def source_files():
  for package in ('configs', 'data_pipeline', 'instgan_jax'):
    yield from sorted((ROOT / package).rglob('*.py'))


def imported_modules(path):
  """(module, whether the import stands at the top of the file)."""
  tree = ast.parse(path.read_text())
  top = set(map(id, tree.body))
  for node in ast.walk(tree):
    if isinstance(node, ast.Import):
      for alias in node.names:
        yield alias.name, id(node) in top
    elif isinstance(node, ast.ImportFrom):
      for alias in node.names:
        yield f'{node.module}.{alias.name}', id(node) in top


def layer(module):
  for i, names in enumerate(LAYERS):
    if any(module == n or module.startswith(f'{n}.') for n in names):
      return i
  return None


@pytest.mark.parametrize(
  'path', list(source_files()), ids=lambda p: str(p.relative_to(ROOT))
)
def test_imports_point_down(path):
  relative = path.relative_to(ROOT)
  module = '.'.join(relative.with_suffix('').parts)
  forbidden = FORBIDDEN[relative.parts[0]]
  for imported, at_top in imported_modules(path):
    assert imported.split('.')[0] not in forbidden or (
      imported.startswith(('torch', 'tensorflow')) and not at_top
    ), f'{relative} imports {imported}'
    assert not imported.startswith('jax._src'), f'{relative}: {imported}'
    if imported.split('.')[0] in ('configs', 'data_pipeline', 'instgan_jax'):
      assert layer(imported) <= layer(module), f'{relative} imports {imported}'
    if imported.split('.')[0].startswith('tensorflow'):
      assert str(relative) in TENSORFLOW_FILES, f'{relative} imports {imported}'


def test_pmap_stands_in_one_file():
  users = [
    str(path.relative_to(ROOT))
    for path in source_files()
    if 'pmap(' in path.read_text()
  ]
  assert users == ['instgan_jax/runtime/devices.py']
