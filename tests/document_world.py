"""A folder in which every command of the documents runs, but small.

Flags behind each command shrink networks and data. Toy streets in Cityscapes'
layout stand for Cityscapes, the weights of the reference vectors for public
files.
"""

import functools
import importlib
import pathlib
import re
import shutil
import signal
import sys
import zipfile

import httpx
import numpy as np

from data_pipeline import toy_street
from instgan_jax.cli import command_list
from instgan_jax.evaluation import inception_features
from instgan_jax.weights import download
from tests import commands_in_process, own_data, programs
from tests.apps.human_study import studies
from tests.apps.studio import studios
from tests.golden import recipe

MODULES = {module for module, _ in command_list.COMMANDS.values()}
# What stands in for the public files: the reference vectors' weights.
WEIGHTS = {
  'gaugan': ('cityscapes_more_edges', 'G'),
  'vgg19': ('vgg19', None),
  'inception': ('inception_fid', None),
  'pspnet': ('pspnet101', None),
}
TRAINING = (
  'num_epochs=0',
  'num_steps=2',
  'batch_size=4',
  'log_every_steps=1',
  'sample_every_steps=2',
  'checkpoint_every_steps=2',
  'sample_scenes=(0,)',
  'eval.num_scenes=2',
  'discriminator.base_channels=2',
  'discriminator.num_layers=2',
  # The same for all: what is compiled into the update.
  'g_learning_rate=1e-3',
  'd_learning_rate=4e-3',
  'loss_weights.feature_matching=4.0',
  'ema_decay=0.98',
)
# Of one size, so that each method is compiled once.
NARROW = (
  'data.height=32',
  'data.width=64',
  'model.base_channels=2',
  'model.hidden_channels=4',
  'model.upsampling=normal',
  'share_generator_forward=true',
)
# As the reference vectors, whose weights stand for GauGAN's.
COCO = ('data.load_height=36', 'data.load_width=72')
FROM_GAUGAN = (
  'data.height=64',
  'data.width=128',
  'model.base_channels=4',
  'model.modulation_form=dense',  # As in `tiny`.
)
SEGMENTER = (
  'num_epochs=0',
  'num_steps=2',
  'batch_size=4',
  'model.stage_blocks=(1,1,1,1)',
  'model.stem_channels=(2,2,4)',
  'model.base_channels=2',
  'model.pyramid_channels=4',
  'model.height=32',
  'model.width=64',
  'data.num_train=6',
  'data.num_val=2',
  'data.height=32',
  'data.width=64',
)
EVALUATION = ('--num_scenes=2', '--batch_size=2', '--cache=features')


def configuration(changes):
  return [f'--config.{change}' for change in changes]


class World:
  """An empty folder in which commands run, each of them once."""

  def __init__(self, root, monkeypatch):
    self.root, self._monkeypatch = root, monkeypatch
    self._done = set()
    self._server = None
    monkeypatch.chdir(root)
    monkeypatch.setattr(download, 'fetch', self._fetch)
    # Of two images, not of 32.
    rows = inception_features.InceptionFeatures.__init__.__kwdefaults__
    monkeypatch.setitem(rows, 'rows_per_device', 1)
    self._make_cityscapes()

  def run(self, module, *words):
    """Runs a command as it is written, but small."""
    if (module, *words) in self._done:
      return
    self._done.add((module, *words))
    assert module in MODULES or module.startswith('benchmarks.'), module
    words = [word.replace('/data/', f'{self.root}/public/') for word in words]
    name = module.rpartition('.')[2]
    if module.startswith('benchmarks.'):
      return self._run_benchmark(module, words)
    if name == 'generate' and '--workdir' not in words:
      return programs.run(module, *words, cwd=self.root)
    if name == 'human_study':
      return self._run_study(words)
    if name == 'studio':
      return self._run_studio(words)
    words = getattr(self, f'_{name}', list)(words)
    commands_in_process.run(module, *words)

  def close(self):
    if self._server is not None:
      self._server.kill()

  def _main(self, words):
    is_narrow = not any('init_from' in word for word in words)
    changes = [*TRAINING, *(NARROW if is_narrow else FROM_GAUGAN)]
    if any('coco_' in word for word in words):
      changes += COCO
    if any('configs/toy_street' in word for word in words):
      changes += ['data.num_train=6', 'data.num_val=2']
    return [*words, *configuration(changes)]

  def _reproduce(self, words):
    shrunk = self._main(words)
    return [*shrunk, '--seeds=1', *EVALUATION]

  def _augment(self, words):
    return [*words, '--variants=1']

  def _complete_instances(self, words):
    small = ['data.height=32', 'data.width=64', 'data.num_train=6']
    return [*words, '--num_steps=2', *configuration([*small, 'data.num_val=2'])]

  def _inspect(self, words):
    return [*words, *configuration(NARROW[:2]), '--output=sheet.png']

  def _cityscapes(self, words):
    return [*words, '--config=full']  # The size of the streets.

  def _train_segmenter(self, words):
    return [*words, *configuration(SEGMENTER)]

  def _evaluate(self, words):
    shrunk = [*words, *EVALUATION]
    if '--segmenter' in words and 'pspnet' in ' '.join(words):
      shrunk += ['--segmenter_protocol=whole', '--segmenter_size=33x65']
    return shrunk

  def _import_torch(self, words):
    network = words[words.index('--network') + 1]
    for flag in ('--input', '--discriminator', '--encoder'):
      if flag in words:
        at = words.index(flag) + 1
        words[at] = str(self._weights(network))
    if '--image_size' in words:
      words[words.index('--image_size') + 1] = '64x128'
    return words

  def _toy_street(self, words):
    shrunk = ['--num_train=6', '--num_val=20', '--height=32']
    return [*words, *shrunk]

  def _fetch(self, file, folder):
    """In the place of a download."""
    (network,) = [name for name in WEIGHTS if name in file.name.lower()] or [
      self._network_of(file)
    ]
    return self._weights(network)

  @staticmethod
  def _network_of(file):
    from instgan_jax.weights import public_files

    (network,) = [n for n, f in public_files.FILES.items() if f == file]
    return network

  @functools.cache  # noqa: B019
  def _weights(self, network):
    path = self.root / f'{network}.npz'
    np.savez(path, **recipe.state_dict(*WEIGHTS[network]))
    return path

  def _make_cityscapes(self):
    """Toy streets as Cityscapes' folders and archives, and images of them."""
    public = self.root / 'public'
    commands_in_process.run(
      'data_pipeline.toy_street',
      *(f'--output={public / "cityscapes"}', '--height=32'),
      *('--num_train=6', '--num_val=2'),
    )
    self._make_own_data(public)
    (public / 'zips').mkdir()
    for folder in ('leftImg8bit', 'gtFine'):
      archive = public / 'zips' / f'{folder}_trainvaltest.zip'
      with zipfile.ZipFile(archive, 'w') as file:
        for path in sorted((public / 'cityscapes' / folder).rglob('*.png')):
          file.write(path, path.relative_to(public / 'cityscapes'))
    # Somebody's images of the val scenes.
    images = self.root / 'results' / 'images'
    images.mkdir(parents=True)
    photos = public / 'cityscapes' / 'leftImg8bit' / 'val'
    for path in photos.rglob('*.png'):
      shutil.copy(path, images / path.name)

  @staticmethod
  def _make_own_data(public):
    """Toy streets as somebody's photographs, and in the layout of COCO."""
    source = toy_street.ToyStreet(6, height=32)
    for split in ('train', 'val'):
      own_data.write_photo_folder(public / 'mine', split, source)
      own_data.write_panoptic(public / 'coco', split, source)

  def _run_benchmark(self, module, words):
    shrunk = {
      'benchmarks.locality': ['--num_scenes', '1'],
      'benchmarks.studio': ['--rounds', '2'],
      'benchmarks.study_coverage': ['--studies', '2', '--questions', '10'],
    }[module]
    self._monkeypatch.setattr(sys, 'argv', [module, *words, *shrunk])
    importlib.import_module(module).main()

  def _run_studio(self, words):
    """Starts it, looks at the page, and stops it."""
    self._server = server = studios.Server(words=['--port=0', *words])
    assert httpx.get(server.url.partition('#')[0]).status_code == 200
    server.kill()
    self._server = None

  def _run_study(self, words):
    verb = words[0]
    if verb == 'serve':
      return self._serve(words)
    if verb == 'plan':
      self._make_sets(words)
      output = pathlib.Path(words[words.index('--output') + 1])
      output.unlink(missing_ok=True)
      words = [*words, '--participants=2', '--questions=6', '--practice=1']
      words += ['--catch=1', '--repeats=1']
    commands_in_process.run('instgan_jax.apps.human_study', *words)

  def _make_sets(self, words):
    """Noise for the sets of images that no command made."""
    for name, folder in (
      w.split('=') for w in words if re.match(r'[\w+]+=', w)
    ):
      if not pathlib.Path(folder).exists():
        studies.write_sets(self.root / 'sets', num_scenes=12, names=(name,))
        shutil.copytree(self.root / 'sets' / name, folder)

  def _serve(self, words):
    """Serves until every question is answered, then is stopped."""
    for name in ('study.db', 'study.links.csv'):
      pathlib.Path(name).unlink(missing_ok=True)
    shutil.copy('study.json', 'plan.json')  # As `Server` calls it.
    assert words[1:] == ['--plan', 'study.json', '--database', 'study.db']
    server = studies.Server(self.root)
    self._server = server
    with httpx.Client(base_url=server.url) as client:
      for link in server.links:
        assert studies.answer_all(client, link)['stage'] == 'done'
      token = server.admin.partition('#')[2]
      answers = client.get(
        '/admin/answers.csv', headers={'Authorization': f'Bearer {token}'}
      )
      assert answers.status_code == 200
      pathlib.Path('answers.csv').write_bytes(answers.content)
    server.process.send_signal(signal.SIGINT)
    server.process.communicate(timeout=20)
    assert server.process.returncode == 128 + signal.SIGINT
    self._server = None
