"""Imports point one way (see the table), and importing does nothing."""

import ast
import functools
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
# From bottom to top. What an entry holds may import the entries below it and
# the modules of its own entry, not the other entries of its layer. The longest
# entry that matches a module is its own.
LAYERS = (
  ('configs', 'data_pipeline'),
  ('instgan_jax',),  # Its version.
  ('instgan_jax.runtime',),
  (
    'instgan_jax.models',
    'instgan_jax.losses',
    'instgan_jax.checkpoints',
    'instgan_jax.visualization',
  ),
  (
    'instgan_jax.pretrained',
    'instgan_jax.build.errors',
    'instgan_jax.build.label_table',
  ),
  (
    'instgan_jax.weights',
    'instgan_jax.build.generator',
    'instgan_jax.build.methods',
  ),
  ('instgan_jax.train', 'instgan_jax.inference'),
  (
    'instgan_jax.build',
    'instgan_jax.evaluation',
    'instgan_jax.exporting',
  ),
  ('instgan_jax.cli', 'instgan_jax.apps.web'),
  (
    'instgan_jax.commands',
    'instgan_jax.apps',
    'instgan_jax.apps.human_study',
    'instgan_jax.apps.studio',
  ),
)
_TOP = len(LAYERS)
# What a file may not import at all, and which files may after all.
FORBIDDEN = {
  'data_pipeline': ('configs', 'jax', 'flax', 'optax', 'orbax', 'instgan_jax'),
  'configs': ('jax', 'numpy', 'data_pipeline', 'instgan_jax'),
  'instgan_jax': ('configs', 'tensorflow', 'tensorflow_datasets', 'torch'),
}
TENSORFLOW_FILES = {
  'data_pipeline/cityscapes/tfds_builder.py',
  'data_pipeline/panoptic/tfds_source.py',
  'data_pipeline/tf_batches.py',
  'instgan_jax/exporting/saved_model.py',
}
PACKAGES = ('configs', 'data_pipeline', 'instgan_jax')
# Takes part in training alone.
TRAINING = ('instgan_jax.train', 'instgan_jax.losses')
USES = (
  'instgan_jax.inference',
  'instgan_jax.evaluation',
  'instgan_jax.exporting',
  'instgan_jax.apps',
)


def files():
  for package in PACKAGES:
    yield from sorted((ROOT / package).rglob('*.py'))


def module_of(path):
  parts = path.relative_to(ROOT).with_suffix('').parts
  return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


MODULES = {module_of(path): path for path in files()}


def is_command(module):
  """Whether a module is at the top: `instgan_jax/X.py` or a __main__."""
  path = MODULES[module].relative_to(ROOT)
  return path.name == '__main__.py' or (
    path.parent.name == 'instgan_jax' and path.name != '__init__.py'
  )


def is_in(module, package):
  return module == package or module.startswith(f'{package}.')


@functools.cache
def imports(path):
  """(module or attribute, whether it is at the top of the file)."""
  tree = ast.parse(path.read_text())
  top = set(map(id, tree.body))
  names = []
  for node in ast.walk(tree):
    if isinstance(node, ast.Import):
      names += [(alias.name, id(node) in top) for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
      assert node.level == 0, f'{path}: import by the full name.'
      names += [
        (f'{node.module}.{alias.name}', id(node) in top) for alias in node.names
      ]
  return names


def own_imports(path):
  """The modules of this repository that a file imports anywhere."""
  for name, _ in imports(path):
    if name.split('.')[0] in PACKAGES:
      module = name if name in MODULES else name.rpartition('.')[0]
      assert module in MODULES, f'{path}: {name} is no module.'
      yield module


def layer(module):
  """The number of a module's layer, and its entry there."""
  if is_command(module):
    return _TOP, module
  matching = [
    (entry, number)
    for number, entries in enumerate(LAYERS)
    for entry in entries
    if is_in(module, entry)
    # The version is that of the package's own file.
    and (entry != 'instgan_jax' or module == entry)
  ]
  assert matching, f'{module} is in no layer: add its package to the table.'
  entry, number = max(matching, key=lambda match: len(match[0]))
  return number, entry


@pytest.mark.parametrize('module', MODULES)
def test_imports_point_down(module):
  number, entry = layer(module)
  for imported in own_imports(MODULES[module]):
    below, other = layer(imported)
    assert below < number or entry == other, (
      f'{module} imports {imported}, which is not below it'
    )


@pytest.mark.parametrize('module', MODULES)
def test_forbidden_imports(module):
  path = MODULES[module]
  relative = path.relative_to(ROOT)
  forbidden = FORBIDDEN[relative.parts[0]]
  for name, at_top in imports(path):
    top = name.split('.')[0]
    assert not name.startswith('jax._src'), f'{relative}: {name}'
    if top in ('tensorflow', 'tensorflow_datasets'):
      assert str(relative) in TENSORFLOW_FILES, f'{relative} imports {name}'
    if relative.name == '__main__.py' and top == 'instgan_jax':
      continue  # A command of the data pipeline ends as all commands do.
    if top in ('tensorflow', 'tensorflow_datasets', 'torch') and not at_top:
      continue  # Where it is there.
    assert top not in forbidden, f'{relative} imports {name}'


def reachable(module):
  """Every module that importing and using `module` can import."""
  seen, waiting = set(), [module]
  while waiting:
    for imported in own_imports(MODULES[waiting.pop()]):
      if imported not in seen:
        seen.add(imported)
        waiting.append(imported)
  return seen


@pytest.mark.parametrize(
  ('packages', 'excluded'),
  [(USES, TRAINING), (TRAINING, USES), (TRAINING, ('instgan_jax.weights',))],
)
def test_training_and_use_do_not_know_each_other(packages, excluded):
  for module in MODULES:
    if any(is_in(module, package) for package in packages):
      wrong = [
        imported
        for imported in reachable(module)
        if any(is_in(imported, package) for package in excluded)
      ]
      assert not wrong, f'{module} leads to {", ".join(sorted(wrong))}'


def test_pmap_is_in_one_file():
  users = [
    str(path.relative_to(ROOT))
    for path in files()
    if 'pmap(' in path.read_text()
  ]
  assert users == ['instgan_jax/runtime/devices.py']


def run_python(program, *arguments, **environment):
  """What a program in a fresh interpreter prints, as JSON."""
  done = subprocess.run(
    [sys.executable, '-c', program, *arguments],
    cwd=ROOT,
    env={**os.environ, **environment},
    stdout=subprocess.PIPE,
    text=True,
    check=True,
    timeout=300,
  )
  return json.loads(done.stdout)


IMPORT_ALL = """
import importlib
import json
import sys
from absl import flags

for module in sys.argv[1:]:
  importlib.import_module(module)
print(json.dumps(list(flags.FLAGS.flags_by_module_dict())))
"""


@pytest.mark.slow
def test_all_modules_fit_into_one_process_and_importing_does_nothing():
  pytest.importorskip('tensorflow')
  # On a platform that does not exist any query of the devices is an error.
  defining = run_python(IMPORT_ALL, *MODULES, JAX_PLATFORMS='none')
  assert not [m for m in defining if m.split('.')[0] in PACKAGES], defining


# Prints the slow packages that the help of all commands has imported.
HELP = """
import contextlib
import io
import json
import sys

from instgan_jax.cli import command_list

assert 'instgan_jax.main' in command_list.text()
for name in command_list.COMMANDS:
  with contextlib.redirect_stdout(io.StringIO()) as out:
    try:
      command_list.load(name).run([name, '--help'])
    except SystemExit as end:
      assert end.code in (0, None), (name, end.code)
  assert '--' in out.getvalue(), name
slow = ('jax', 'jaxlib', 'flax', 'optax', 'orbax', 'tensorflow',
  'tensorflow_datasets', 'clu', 'matplotlib', 'scipy', 'PIL', 'torch')
print(json.dumps([name for name in slow if name in sys.modules]))
"""


def test_help_of_no_command_imports_a_slow_library():
  assert run_python(HELP) == []
