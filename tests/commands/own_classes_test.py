"""A generator and a segmenter of other classes than those of Cityscapes."""

import json

import numpy as np
import pytest

from data_pipeline import image_file, labels_file
from data_pipeline.errors import InputError
from instgan_jax.build import data
from instgan_jax.inference import Sampler
from tests import commands_in_process, tiny, tiny_segmenter

pytestmark = pytest.mark.slow

TABLE = {
  'labels': [
    {'id': 3, 'name': 'ground', 'color': [1, 2, 3]},
    {'id': 7, 'name': 'dog', 'has_instances': True},
    {'id': 90, 'name': 'cat', 'has_instances': True},
    {'id': 255, 'name': 'void', 'ignore_in_eval': True},
  ]
}


@pytest.fixture(scope='module')
def root(tmp_path_factory):
  """Noise with the maps of two dogs and a cat, as photographs of one's own."""
  root = tmp_path_factory.mktemp('mine')
  (root / 'labels.json').write_text(json.dumps(TABLE))
  labels = np.full((32, 64), 3, np.uint8)
  labels[8:16, :40], labels[20:, :9], labels[0] = 7, 90, 255
  ids = np.where(labels == 90, 4, 0).astype(np.uint8)
  ids[8:16, :20], ids[8:16, 20:40] = 1, 2
  for split in ('train', 'val'):
    for number in range(2):
      photo = np.random.default_rng(number).integers(0, 256, (32, 64, 3), 'u1')
      for folder, array in (
        *(('images', photo), ('labels', labels), ('instances', ids)),
      ):
        path = root / folder / split / f'scene_{number}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image_file.encode_png(array))
  return root


@pytest.fixture(scope='module')
def workdir(root, tmp_path_factory):
  config = tiny.config(data__source='folder', data__path=str(root))
  config = data.with_label_table(config)
  return tiny.save_generator(tmp_path_factory.mktemp('run') / 'lip', config)


def test_a_generator_knows_its_classes(root, workdir):
  sampler = Sampler.from_folder(str(workdir))
  assert sampler.label_table == labels_file.load(root / 'labels.json')
  assert sampler.config.model.num_labels == 91
  scene = sampler.scene(
    root / 'labels/val/scene_0.png', root / 'instances/val/scene_0.png'
  )
  assert scene.instance_ids == (1, 2, 4)
  with pytest.raises(InputError, match=r'no class has: 26\. Expected 3, 7, 90'):
    sampler.scene(np.full((32, 64), 26))


def test_generate_takes_these_maps_and_no_others(root, workdir, tmp_path):
  def generate(maps, output):
    commands_in_process.run(
      'instgan_jax.generate',
      *('--workdir', workdir, '--output_dir', output, '--grid'),
      *('--label_dir', maps / 'labels/val'),
      *('--instance_dir', maps / 'instances/val'),
    )
    return sorted(path.name for path in output.glob('*.png'))

  assert generate(root, tmp_path / 'a') == ['scene_0.png', 'scene_1.png']
  (tmp_path / 'labels/val').mkdir(parents=True)
  foreign = tmp_path / 'labels/val/scene_0.png'
  foreign.write_bytes(image_file.encode_png(np.full((32, 64), 4, np.uint8)))
  with pytest.raises(InputError, match=r'scene_0.png: 2048 .* no class has: 4'):
    commands_in_process.run(
      'instgan_jax.generate',
      *('--workdir', workdir, '--output_dir', tmp_path / 'b'),
      *('--label_dir', foreign.parent),
    )


def test_its_classes_are_evaluated(workdir, tmp_path):
  segmenter = tiny_segmenter.save(
    tmp_path / 'segmenter', labels=TABLE, num_classes=3
  )
  commands_in_process.run(
    'instgan_jax.evaluate',
    *('--workdir', workdir, '--segmenter', segmenter, '--metrics', 'miou,micv'),
    *('--output', tmp_path / 'results.json', '--cache', tmp_path / 'cache'),
  )
  results = json.loads((tmp_path / 'results.json').read_text())
  assert set(results['class_iou']['real']) == {'ground', 'dog', 'cat'}
  # Neither car nor person: all things.
  assert results['metrics']['micv_dog']['num_items'] == 4
  assert 'micv_cat' in results['metrics']
  other = tiny_segmenter.save(tmp_path / 'other')
  with pytest.raises(InputError, match='other classes than the data: road, .*'):
    commands_in_process.run(
      'instgan_jax.evaluate',
      *('--workdir', workdir, '--segmenter', other, '--metrics', 'miou'),
    )
