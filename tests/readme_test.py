"""The README's commands, on toy streets in Cityscapes' place.

Everything runs as written but the training itself, which main_test covers (it
ends after its first batch; a tiny generator stands for what it would make), and
the measuring, which evaluating_test covers.
"""

import importlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from absl import flags
from ml_collections import config_flags
from PIL import Image

from benchmarks import locality
from configs import toy_street
from data_pipeline import toy_street as toy_street_command
from instgan_jax.apps.human_study import command as study
from instgan_jax.commands import evaluate, reproduce, train, train_segmenter
from instgan_jax.inference import sampler
from instgan_jax.train import loop
from instgan_jax.weights import download
from tests import commands_in_process, tiny
from tests.golden import recipe

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / 'README.md').read_text()


def blocks(language=''):
  """The code blocks of a language."""
  found = re.findall(r'^```(\w*)\n(.*?)^```', README, re.DOTALL | re.MULTILINE)
  return [text for name, text in found if name == language]


def commands():
  """The arguments after `python -m` of every command, in order."""
  found = []
  for block in blocks():
    for line in block.replace('\\\n', ' ').splitlines():
      words = shlex.split(line, comments=True)
      if words[:2] == ['python', '-m']:
        found.append(words[2:])
  return found


@pytest.fixture(scope='module')
def places(tmp_path_factory):
  """Where the README's folders are in this test."""
  root = tmp_path_factory.mktemp('readme')
  return {
    'data/toy_': f'{root}/toy_',
    'data/toy': root / 'toy',
    'study': f'{root}/study',
    '/data/cityscapes': root / 'toy',
    '/data/zips': root / 'zips',
    '/data/tfds': root / 'tfds',
    'runs/': f'{root}/runs/',
    'weights/': f'{root}/weights/',
    'results/images': root / 'images',
    'pictures/': f'{root}/pictures/',
    'exports/': f'{root}/exports/',
    'latest_net_G.pth': root / 'latest_net_G.npz',
    'configs/': f'{ROOT}/configs/',
  }


def at(places, word):
  for written, place in places.items():
    found = re.sub(rf'(^|=){re.escape(written)}', rf'\g<1>{place}', word)
    if found != word:
      return found
  return word


def write_toy_streets(places):
  arguments = ['--num_train', '3', '--num_val', '30', '--height', '64']
  output = ['--output', str(places['data/toy'])]
  assert toy_street_command.main([*output, *arguments]) == 0
  places['/data/zips'].mkdir()
  for name, folder in (
    ('leftImg8bit_trainvaltest.zip', 'leftImg8bit'),
    ('gtFine_trainvaltest.zip', 'gtFine'),
  ):
    with zipfile.ZipFile(places['/data/zips'] / name, 'w') as archive:
      for path in sorted((places['data/toy'] / folder).rglob('*.png')):
        archive.write(path, path.relative_to(places['data/toy']))
  # Somebody's drawings of the val scenes.
  places['results/images'].mkdir()
  for path in (places['data/toy'] / 'leftImg8bit' / 'val').rglob('*.png'):
    with Image.open(path) as image:
      image.save(places['results/images'] / path.name)


def train_one_batch(**parts):
  """In the place of `loop.train`."""
  batch = next(parts['make_batches'](0))
  assert len(batch['image']) == len(batch['position'])
  (parts['workdir'] / 'samples').mkdir()
  (parts['workdir'] / 'samples' / '000000.png').touch()
  return None, {}


def run_main(words, monkeypatch, capsys):
  """What `main` does, with flags of its own for every command."""
  shrunk = ['batch_size=4', 'data.num_train=6', 'num_measured_scenes=1']
  if any('init_from' in word for word in words):
    shrunk.append('model.base_channels=4')  # As the reference vectors.
  arguments = ['main', *words, *(f'--config.{change}' for change in shrunk)]
  values = flags.FlagValues()
  config_flags.DEFINE_config_file('config', flag_values=values)
  flags.DEFINE_string('workdir', None, 'Folder.', flag_values=values)
  # The configuration's flag looks for its overrides there.
  monkeypatch.setattr(sys, 'argv', arguments)
  values(arguments)
  train.run(values.config, pathlib.Path(values.workdir))
  return capsys.readouterr().out


# What stands in for the public files: the reference vectors' weights.
WEIGHTS = {
  'gaugan': ('cityscapes_more_edges', 'G'),
  'vgg19': ('vgg19', None),
  'inception': ('inception_fid', None),
  'pspnet': ('pspnet101', None),
}


def run_import(words, places, monkeypatch):
  """What `import_torch` does, a file beside it in the place of a download."""
  network = words[words.index('--network') + 1]
  path = places['latest_net_G.pth'].with_stem(
    'latest_net_G' if network == 'gaugan' else network
  )
  np.savez(path, **recipe.state_dict(*WEIGHTS[network]))
  monkeypatch.setattr(download, 'fetch', lambda *_: path)
  commands_in_process.run('instgan_jax.import_torch', *words)


def run_measuring(module, words, monkeypatch):
  """The flags as they are; networks and figures are the measures' tests'."""
  with monkeypatch.context() as patch:
    patch.setattr(
      sampler.Sampler, 'from_folder', lambda folder, use_ema: UntrainedSampler()
    )
    commands_in_process.run(module, *words)


def save_generators(places):
  """What the README's first two trainings would leave."""
  for name, method in (('toy_street', 'lip'), ('toy_li', 'li')):
    config = tiny.config(method, data__height=64, data__width=128)
    tiny.save_generator(pathlib.Path(f'{places["runs/"]}{name}'), config)


def run_locality(words, monkeypatch, capsys):
  monkeypatch.setattr(sys, 'argv', ['locality', *words, '--num_scenes', '1'])
  locality.main()
  return capsys.readouterr().out


def run_study(words):
  """The plan as it is; the server and its answers are command_test's."""
  if words[0] == 'plan':
    study.main(['human_study', *words])
  else:
    study._parser().parse_args(words)


MEASURING = (
  'instgan_jax.evaluate',
  'instgan_jax.reproduce',
  'instgan_jax.train_segmenter',
)


DRAWING = ('instgan_jax.generate', 'instgan_jax.export')


class SilentEvaluation:
  """In the place of `evaluating.Evaluation`: looks at the data alone."""

  def __init__(self, scenes_of, options, *, split='val'):
    assert len(scenes_of(split)) in (30, 32)
    assert 'micv' in options.metrics

  def run(self, pictures, *, confusion_png=None):
    return {'figures': {}, 'protocol': {}}


class UntrainedSampler:
  """In the place of `Sampler`."""

  config, variables, step, uses_ema = toy_street.get_config(), {}, 0, True
  image_size, has_styles, weights_sha256 = (64, 128), True, ''


def run_python_blocks(root):
  """Beside the README's folders and the maps of one street."""
  for kind in ('labelIds', 'instanceIds'):
    path = min(root.glob(f'toy_maps/gtFine/val/*/*_{kind}.png'))
    shutil.copy(path, root / f'{kind}.png')
  for block, has_project in zip(blocks('python'), (True, False), strict=True):
    path = {'PYTHONPATH': str(ROOT)} if has_project else {'PYTHONPATH': ''}
    subprocess.run(
      [sys.executable, '-c', block],
      cwd=root,
      env={**os.environ, **path},
      check=True,
    )
  with Image.open(root / 'street.png') as street:
    assert street.size == (128, 64)


@pytest.fixture
def light(monkeypatch):
  """Replaces what takes long."""
  monkeypatch.setattr(loop, 'train', train_one_batch)
  monkeypatch.setattr(evaluate, 'Evaluation', SilentEvaluation)
  for module, name in (
    (train_segmenter, 'run'),
    (reproduce, 'reproduce'),
  ):
    monkeypatch.setattr(
      module, name, lambda config, workdir, **_: print('In', workdir)
    )


def test_every_command_of_the_readme(places, light, monkeypatch, capsys):
  write_toy_streets(places)
  save_generators(places)
  modules = []
  for module, *words in commands():
    words = [at(places, word) for word in words]
    modules.append(module)
    if module == 'instgan_jax.main':
      place = words[words.index('--workdir') + 1]
      words[words.index('--workdir') + 1] = f'{place}{len(modules)}'
      out = run_main(words, monkeypatch, capsys)
      assert 'Open ' in out, words
      assert ('Starts from' in out) == any('init_from' in w for w in words)
    elif module == 'instgan_jax.import_torch':
      run_import(words, places, monkeypatch)
      assert 'Wrote ' in capsys.readouterr().out
    elif module in MEASURING:
      run_measuring(module, words, monkeypatch)
      assert capsys.readouterr().out
    elif module in DRAWING:
      commands_in_process.run(module, *words)
      capsys.readouterr()
    elif module == 'benchmarks.locality':
      assert '| L+I+P |' in run_locality(words, monkeypatch, capsys)
    elif module == 'instgan_jax.apps.human_study':
      run_study(words)
    elif module == 'data_pipeline.cityscapes':
      assert importlib.import_module(module).main(words) == 0
    else:
      assert module == 'data_pipeline.toy_street', f'{module} is untested'
      if str(places['data/toy']) not in words:  # That is written already.
        assert toy_street_command.main(words) == 0
  assert modules.count('instgan_jax.main') == 6
  assert {'data_pipeline.toy_street', 'data_pipeline.cityscapes'} < set(modules)
  assert {*MEASURING, *DRAWING} < set(modules)
  run_python_blocks(pathlib.Path(places['runs/']).parent)


def test_every_file_that_the_readme_names_exists():
  named = re.findall(
    r'`((?:configs|data_pipeline|instgan_jax)/[\w/.]+)', README
  )
  named += re.findall(r'\]\(([\w/.]+\.\w+)\)', README)
  assert named
  assert not [name for name in named if not (ROOT / name).exists()]


def test_both_make_targets_exist():
  makefile = (ROOT / 'Makefile').read_text()
  for target in re.findall(r'^make (\w+)', README, re.MULTILINE):
    assert re.search(rf'^{target}:', makefile, re.MULTILINE)
