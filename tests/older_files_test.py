"""What version 0.1.0 left on the disk still loads.

tests/data holds a tiny run of configs/toy_street.py (two steps), its export, a
tiny segmenter, maps, the images generated of them, and their styles.
"""

import json
import pathlib
import shutil
import tarfile

import numpy as np
import pytest
from PIL import Image

from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from instgan_jax.commands import train, train_segmenter
from instgan_jax.inference import Sampler, styles
from instgan_jax.pretrained import load
from tests import commands_in_process, tiny

pytestmark = pytest.mark.slow


DATA = pathlib.Path(__file__).parent / 'data'
NAMES = ('toytown_000000_000019', 'toytown_000001_000019')


@pytest.fixture(scope='module')
def older(tmp_path_factory):
  folder = tmp_path_factory.mktemp('older')
  for name in ('workdir_0.1', 'outputs_0.1'):
    with tarfile.open(DATA / f'{name}.tar.xz') as archive:
      archive.extractall(folder, filter='data')
  # It holds where the maps were.
  record = folder / 'images' / 'generate.json'
  content = json.loads(record.read_text())
  content['maps'] = [str(folder / path) for path in content['maps']]
  record.write_text(json.dumps(content))
  return folder


def config():
  """That of the older run, as configs/toy_street.py gives it today."""
  config = tiny.config(
    'lip',
    batch_size=4,
    num_steps=2,
    checkpoint_every_steps=2,
    sample_every_steps=2,
    keep_checkpoints=1,
    model__style_channels=8,
    model__latent_dim=4,
    model__base_channels=1,
    model__hidden_channels=2,
    model__modulation_form='auto',
  )
  config.batch_size = 2
  return config


def generate(older, output, *flags):
  maps = older / 'maps' / 'gtFine' / 'val'
  commands_in_process.run(
    'instgan_jax.generate',
    *('--workdir', older / 'run', '--label_dir', maps),
    *('--instance_dir', maps, '--output_dir', output, '--batch_size=1', *flags),
  )
  return [read(output / f'{name}.png') for name in NAMES]


def read(path):
  with Image.open(path) as image:
    return np.asarray(image).astype(int)


@pytest.mark.oldest
def test_the_workdir_gives_the_images_that_it_gave(older, tmp_path):
  sampler = Sampler.from_folder(str(older / 'run'))
  assert (sampler.step, sampler.uses_ema) == (2, True)
  assert sampler.label_table == labels.TABLE
  record = json.loads((older / 'images' / 'generate.json').read_text())
  assert sampler.weights_sha256 == record['weights_sha256']
  images = generate(older, tmp_path / 'images', '--noseed_by_scene')
  for name, image in zip(NAMES, images, strict=True):
    # Another number of devices may round a value to the next of 256 levels.
    difference = np.abs(image - read(older / 'images' / f'{name}.png'))
    assert difference.max() <= 1 and difference.mean() < 0.01


def test_the_folder_of_images_continues_with_its_own_settings(older, capsys):
  generate(older, older / 'images', '--noseed_by_scene')
  # Images of before they had the hash of their maps are made again.
  assert '2 images generated, 0 existed already' in capsys.readouterr().out
  with pytest.raises(InputError, match='seed_by_scene: False there, True here'):
    generate(older, older / 'images')


def test_kept_styles_are_those_of_their_seed(older, tmp_path):
  kept, weights_sha256 = styles.load(older / 'styles.json')
  sampler = Sampler.from_folder(str(older / 'run'))
  assert weights_sha256 == sampler.weights_sha256
  for i, style in kept[styles.ANY_SCENE].items():
    expected = sampler.style(i, seed=0, scene=styles.ANY_SCENE)
    np.testing.assert_array_equal(style, expected)
  flags = ('--styles', older / 'styles.json', '--seed=5')
  images = generate(older, tmp_path / 'kept', *flags)
  for name, image in zip(NAMES, images, strict=True):
    difference = np.abs(image - read(older / 'images' / f'{name}.png'))
    assert difference.max() <= 1


@pytest.mark.oldest
def test_the_export_has_the_weights_of_its_run(older):
  export = Sampler.from_folder(str(older / 'export'))
  run = Sampler.from_folder(str(older / 'run'))
  assert (export.step, export.uses_ema) == (2, True)
  assert export.label_table == labels.TABLE
  assert export.weights_sha256 == run.weights_sha256
  scene = run.scene(
    np.full((32, 64), 26), np.arange(32 * 64).reshape(32, 64) // 512 + 26001
  )
  inputs = run.inputs([scene], [run.styles(scene)])
  np.testing.assert_allclose(export.run(inputs), run.run(inputs), atol=1e-5)


@pytest.mark.slow
def test_the_run_is_complete_with_todays_configuration(older, tmp_path, capsys):
  workdir = shutil.copytree(older / 'run', tmp_path / 'run')
  # Both processes and devices may differ; one of four cannot share two rows.
  with pytest.raises(InputError, match='batch_size 2 cannot be split evenly'):
    train.run(config(), workdir)
  saved = json.loads((workdir / 'config.json').read_text())
  assert saved['num_measured_scenes'] == 2 and saved['batch_size'] == 2
  saved['batch_size'] = 4
  (workdir / 'config.json').write_text(json.dumps(saved))
  four = config()
  four.batch_size = 4
  train.run(four, workdir)
  assert 'Open ' in capsys.readouterr().out
  lines = (workdir / 'metrics.jsonl').read_text().splitlines()
  assert json.loads(lines[-1])['step'] == 2
  assert 'micv_car' in json.loads(lines[-1])
  four.g_learning_rate = 0.5
  with pytest.raises(InputError, match=r'g_learning_rate: 0\.001 there, 0\.5'):
    train.run(four, workdir)


def test_the_segmenter_loads_and_is_complete(older, capsys):
  assert len(load.pspnet(str(older / 'segmenter')).sha256) == 64
  segmenter_config = tiny.segmenter_config(
    batch_size=4,
    num_steps=1,
    checkpoint_every_steps=1,
    eval_every_steps=1,
  )
  config = older / 'segmenter' / 'config.json'
  config.write_text(
    config.read_text().replace('"batch_size": 2', '"batch_size": 4')
  )
  train_segmenter.run(segmenter_config, older / 'segmenter')
  said = capsys.readouterr().out
  assert 'is complete' in said
  assert 'mIoU on the real val images: 0.008' in said
