"""Every command and every Python example of README.md and docs/, really run.

Commands run in this process, in an empty folder, in the order in which they
are written, shrunk by `document_world`.
"""

import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from instgan_jax.cli import command_list
from instgan_jax.inference import Sampler
from tests import document_world, documents

PREREQUISITES = (
  'instgan_jax.main',
  'instgan_jax.train_segmenter',
  'data_pipeline.toy_street',
)


@pytest.fixture(scope='module')
def world(tmp_path_factory):
  with pytest.MonkeyPatch.context() as monkeypatch:
    world = document_world.World(
      tmp_path_factory.mktemp('documents'), monkeypatch
    )
    # What documents find done by others.
    for document in ('docs/evaluate.md', 'README.md', 'docs/train.md'):
      for module, *words in documents.commands(document):
        if module in PREREQUISITES and 'init_from' not in ' '.join(words):
          world.run(module, *words)
    yield world
    world.close()


@pytest.mark.user
@pytest.mark.parametrize('document', documents.DOCUMENTS)
def test_every_command_runs(world, document, capsys):
  for module, *words in documents.commands(document):
    world.run(module, *words)
  assert 'Traceback' not in capsys.readouterr().err


@pytest.mark.user
@pytest.mark.parametrize(
  'document',
  [d for d in documents.DOCUMENTS if 'python' in documents.text_of(d)],
)
def test_every_python_example_runs(world, document):
  """Beside the folders that the commands made, and the maps of one street."""
  maps = world.root / 'public' / 'cityscapes' / 'gtFine' / 'val'
  for kind in ('labelIds', 'instanceIds'):
    path = min(maps.glob(f'*/*_{kind}.png'))
    shutil.copy(path, world.root / f'{kind}.png')
  environment = {**os.environ, 'PYTHONPATH': str(documents.ROOT)}
  for block in documents.blocks(document, 'python'):
    subprocess.run(
      [sys.executable, '-c', block],
      cwd=world.root,
      env=environment,
      check=True,
    )


@pytest.mark.user
def test_the_exported_file_generates_what_the_sampler_generates(world):
  """The example of docs/export.md makes the styles of the seed itself."""
  test_every_python_example_runs(world, 'docs/export.md')
  sampler = Sampler.from_folder('exports/toy')
  expected = sampler.sample(
    'labelIds.png', 'instanceIds.png', seed=0, name='street'
  )
  with Image.open('street.png') as image:
    difference = np.abs(np.asarray(image).astype(int) - expected)
  # Another program may round a value to the next of 256 levels.
  assert difference.max() <= 1 and difference.mean() < 0.01


def test_all_commands_are_documented():
  documented = {
    words[0] for d in documents.DOCUMENTS for words in documents.commands(d)
  }
  assert documented >= document_world.MODULES


def test_the_table_of_the_readme_has_every_command():
  rows = re.findall(
    r'^\| `(\w+)` \| `([\w.]+)` \|',
    documents.text_of('README.md'),
    re.MULTILINE,
  )
  assert rows == [
    (name, module) for name, (module, _) in command_list.COMMANDS.items()
  ]


def test_the_readme_is_short():
  assert len(documents.text_of('README.md').splitlines()) <= 150


@pytest.mark.parametrize('document', documents.DOCUMENTS)
def test_every_file_that_is_named_exists(document):
  text = documents.text_of(document)
  here = (documents.ROOT / document).parent
  links = re.findall(r'\]\(((?!http|#)[^)#\s]+)', text)
  assert not [link for link in links if not (here / link).exists()]
  named = re.findall(
    r'`((?:configs|data_pipeline|instgan_jax|benchmarks|tests)/[\w/.]+)`', text
  )
  assert not [name for name in named if not (documents.ROOT / name).exists()]


@pytest.mark.parametrize('document', documents.DOCUMENTS)
def test_every_make_target_exists(document):
  makefile = (documents.ROOT / 'Makefile').read_text()
  for target in re.findall(r'\bmake ([a-z-]+)', documents.text_of(document)):
    assert re.search(rf'^{target}:', makefile, re.MULTILINE), target
