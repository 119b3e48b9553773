"""The Colab notebook, shrunk, from top to bottom on the CPU."""

import json
import pathlib
import re

import nbformat
import pytest
from nbclient import NotebookClient

from tests import tiny

ROOT = pathlib.Path(__file__).parent.parent
NOTEBOOK = ROOT / 'notebooks' / 'instgan_colab.ipynb'


def notebook():
  return nbformat.read(NOTEBOOK, as_version=4)


def code_cells(content):
  return [cell for cell in content.cells if cell.cell_type == 'code']


def test_it_is_stored_without_results():
  content = notebook()
  nbformat.validate(content)
  for cell in code_cells(content):
    assert cell.outputs == [] and cell.execution_count is None


def test_the_readme_opens_it_in_colab():
  badge = re.search(
    r'colab\.research\.google\.com/github/[\w-]+/\w+/blob/main/([\w/.]+)',
    (ROOT / 'README.md').read_text(),
  )
  assert ROOT / badge[1] == NOTEBOOK


@pytest.mark.user
@pytest.mark.filterwarnings('default')  # Those of Jupyter are not ours.
def test_it_runs_from_top_to_bottom(tmp_path):
  content = notebook()
  (parameters,) = [
    cell
    for cell in content.cells
    if 'parameters' in cell.metadata.get('tags', ())
  ]
  names = re.findall(r'^(\w+) = ', parameters.source, re.MULTILINE)
  changed = ('data.height', 'data.width', 'num_steps', 'batch_size')
  more_flags = [
    flag
    for flag in tiny.flags()
    if not flag.startswith(tuple(f'--config.{key}=' for key in changed[2:]))
  ]
  shrunk = {
    'REPOSITORY': 'nowhere',
    'WORKDIR': str(tmp_path / 'run'),
    'OUTPUT': str(tmp_path / 'images'),
    'NUM_STEPS': 6,
    'MORE_FLAGS': ' '.join(f"'{flag}'" for flag in more_flags),
    'SAVE_TO': str(tmp_path / 'saved'),
  }
  assert names == list(shrunk)
  parameters.source = '\n'.join(f'{k} = {v!r}' for k, v in shrunk.items())
  client = NotebookClient(
    content, timeout=500, resources={'metadata': {'path': str(ROOT)}}
  )
  client.execute()
  kinds = [
    kind
    for cell in code_cells(content)
    for output in cell.outputs
    for kind in output.get('data', {})
  ]
  # Streets of the demo, losses, two grids of samples, seeds, interpolation,
  # exported module.
  assert kinds.count('image/png') == 7
  printed = ''.join(
    output.get('text', '')
    for cell in code_cells(content)
    for output in cell.outputs
  )
  assert '1 x cpu: computing in float32, batch size 2' in printed
  for saved in (
    'run/checkpoints/6',
    'images/samples/seed_2',
    'images/export/generator.stablehlo',
  ):
    assert (tmp_path / 'saved' / saved).exists()
  config = json.loads((tmp_path / 'saved' / 'run' / 'config.json').read_text())
  assert config['num_steps'] == 6
