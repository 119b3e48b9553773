"""Whole evaluations of a tiny generator, and of its images in folders."""

import collections
import json

import numpy as np
import pytest
from PIL import Image

from data_pipeline import scenes as scenes_lib
from data_pipeline import toy_street
from data_pipeline.errors import InputError
from instgan_jax.evaluation import (
  evaluation,
  generated_images,
  image_folder,
  inception_features,
  report,
)
from instgan_jax.evaluation import options as options_lib
from instgan_jax.inference import Sampler
from instgan_jax.pretrained import load
from tests import tiny, tiny_segmenter

pytestmark = pytest.mark.slow


SIZES = {'val': 4, 'train': 6}


class CountedStreet(toy_street.ToyStreet):
  """Toy streets that count how often each scene is read."""

  def __init__(self, split):
    super().__init__(SIZES[split], height=32, split=split)
    self.num_reads = collections.Counter()

  def read(self, index):
    self.num_reads[index] += 1
    return super().read(index)


class ColorFeatures:
  """In the place of Inception: mean colors, and the number of images."""

  num_images = 0

  def __init__(self, weights, resize):
    assert weights == 'weights of colors'
    self.protocol = {'network': 'colors', 'resize': resize}

  def __call__(self, images):
    ColorFeatures.num_images += len(images)
    return images.mean(axis=(1, 2), dtype=np.float64).astype(np.float32)


@pytest.fixture
def color_features(monkeypatch):
  monkeypatch.setattr(load, 'inception', lambda folder: f'weights of {folder}')
  monkeypatch.setattr(inception_features, 'InceptionFeatures', ColorFeatures)
  monkeypatch.setattr(ColorFeatures, 'num_images', 0)
  return ColorFeatures


@pytest.fixture(scope='module')
def root(tmp_path_factory):
  return tmp_path_factory.mktemp('evaluation')


@pytest.fixture(scope='module')
def segmenter(root):
  return tiny_segmenter.save(root / 'segmenter')


@pytest.fixture(scope='module')
def sampler():
  config = tiny.config('lip')
  return Sampler(config, tiny.generator_variables(config), batch_size=4)


def scenes_of(split):
  return CountedStreet(split)


def options(root, **changes):
  return options_lib.complete(
    options_lib.Options(**{'cache': str(root / 'cache'), **changes})
  )


def real_images(num_samples=1):
  """The real images in the place of generated ones."""
  return generated_images.GeneratedImages(
    lambda scenes, k: scenes.images, num_samples, {}
  )


def gray_images(num_samples=1):
  """Images of one gray, brighter from sample to sample."""
  return generated_images.GeneratedImages(
    lambda scenes, k: np.full_like(scenes.images, 51 * k), num_samples, {}
  )


def run(images, chosen):
  return evaluation.Evaluation(scenes_of, chosen).run(images)


def test_metrics_and_protocol_of_a_generator(root, segmenter, sampler):
  chosen = options(root, segmenter=segmenter, num_draws=2, seed=3)
  images = generated_images.from_sampler(sampler, 3, 'runs/lip')
  results = run(images, chosen)
  assert list(results['metrics']) == [
    'fsd',
    'miou',
    'accuracy_valid',
    'accuracy_all',
    'micv_car',
    'border_contrast_car',
    'micv_person',
    'border_contrast_person',
    'style_change_car',
    'style_change_person',
    'style_change_outside',
  ]
  assert len(results['metrics']['micv_car']['per_sample']) == 2
  protocol = results['protocol']
  assert protocol['generated'] == images.metadata
  assert (protocol['split'], protocol['seed']) == ('val', 3)
  assert (protocol['num_scenes'], protocol['size']) == (4, [32, 64])
  assert protocol['num_samples'] == 2
  assert protocol['segmenter']['size'] == (32, 64)
  assert {'jax', 'numpy', 'instgan_jax'} <= set(protocol['versions'])
  assert set(results['class_iou']) == {'generated', 'real'}
  text = evaluation.text(results)
  assert 'MICV car' in text and 'bicycle' in text
  report.save_json(root / 'results.json', results)
  assert json.loads((root / 'results.json').read_text())['metrics'].keys() == (
    results['metrics'].keys()
  )


def test_the_batch_size_changes_no_bit(root, segmenter, sampler):
  images = generated_images.from_sampler(sampler, 0, 'runs/lip')
  first, *others = (
    run(images, options(root / str(size), segmenter=segmenter, batch_size=size))
    for size in (1, 3, 8)
  )
  for other in others:
    # Also where both are NaN.
    np.testing.assert_equal(other, first)


@pytest.mark.parametrize('batch_size', [1, 3])
def test_a_run_reads_every_scene_once(
  root, segmenter, color_features, batch_size
):
  source = CountedStreet('val')
  chosen = options(
    root / f'once_{batch_size}',
    inception='colors',
    segmenter=segmenter,
    batch_size=batch_size,
  )
  evaluated = evaluation.Evaluation(lambda split: source, chosen)
  for _ in range(2):
    source.num_reads.clear()
    evaluated.run(gray_images(num_samples=2))
    assert source.num_reads == dict.fromkeys(range(4), 1)
  # The real images once, two samples in both runs.
  assert color_features.num_images == 4 + 2 * 2 * 4


def test_features_of_real_images_are_kept_for_later_evaluations(
  root, color_features
):
  chosen = options(root / 'kept', inception='colors', metrics=('fid',))
  first = run(real_images(), chosen)
  assert color_features.num_images == 8
  again = run(real_images(), chosen)
  assert color_features.num_images == 8 + 4
  np.testing.assert_equal(again, first)


def test_real_images_have_fid_0_and_kid_below_it(root, color_features):
  del color_features
  chosen = options(root, inception='colors', metrics=('fid', 'kid'))
  results = run(real_images(), chosen)
  np.testing.assert_allclose(results['metrics']['fid']['mean'], 0, atol=1e-6)
  assert results['metrics']['fid']['real'] > 1e-3  # The floor of 2 and 2.
  assert results['metrics']['kid']['mean'] < 0  # Unbiased: below 0 for copies.
  protocol = results['protocol']['inception']
  assert protocol['resize'] == 'pytorch-fid'
  assert protocol['reference_split'] == 'val'


def test_the_reference_may_be_another_split(root, color_features):
  sources = {split: CountedStreet(split) for split in SIZES}
  chosen = options(
    root / 'split', inception='colors', metrics=('fid',), fid_reference='train'
  )
  evaluated = evaluation.Evaluation(sources.get, chosen)
  assert sources['train'].num_reads == dict.fromkeys(range(6), 1)
  results = evaluated.run(real_images())
  assert color_features.num_images == 6 + 4
  assert sources['train'].num_reads == dict.fromkeys(range(6), 1)
  fid = results['metrics']['fid']
  assert (fid['num_generated'], fid['num_real']) == (4, 6)
  assert fid['mean'] > 1e-3
  assert results['protocol']['inception']['reference_split'] == 'train'


def test_images_in_folders_have_the_metrics_of_their_generator(
  root, segmenter, sampler
):
  names = scenes_of('val').image_ids
  folders = []
  for seed in (0, 1):
    folder = root / f'seed_{seed}'
    folder.mkdir()
    (scenes,) = scenes_lib.read_scenes(scenes_of('val'), 4)
    images = generated_images.generate(sampler, scenes, seed)
    for name, image in zip(names, images, strict=True):
      Image.fromarray(image).save(folder / f'{name}.png')
    folders.append(image_folder.ImageFolder(folder, names))
  chosen = options(root, segmenter=segmenter, num_draws=2)
  results, expected = (
    run(images, chosen)['metrics']
    for images in (
      generated_images.from_folders(folders),
      generated_images.from_sampler(sampler, 0, 'runs/lip'),
    )
  )
  np.testing.assert_equal(results, expected)


def test_two_samples_are_compared_also_where_one_is_evaluated(root):
  results = run(gray_images(None), options(root, num_draws=1))
  assert results['protocol']['num_samples'] == 1
  assert len(results['metrics']['micv_car']['per_sample']) == 1
  # 51 of 255 from sample to sample.
  change = results['metrics']['style_change_outside']
  np.testing.assert_allclose(change['mean'], 0.2)


def test_images_without_styles_have_one_sample(root):
  results = run(gray_images(1), options(root, num_draws=3))
  assert results['protocol']['num_samples'] == 1
  assert not [n for n in results['metrics'] if n.startswith('style_change')]


def test_the_first_scenes_can_be_chosen(root):
  results = run(gray_images(), options(root, num_scenes=2))
  assert results['protocol']['num_scenes'] == 2
  source = scenes_of('val')
  assert evaluation.first_scenes(source, 0) is source
  assert len(evaluation.first_scenes(source, 99)) == 4
  assert evaluation.first_scenes(source, 3).image_ids == source.image_ids[:3]


def test_the_segmenter_may_have_another_size(root, segmenter):
  chosen = options(
    root, segmenter=segmenter, metrics=('miou',), segmenter_size=(64, 128)
  )
  results = run(gray_images(), chosen)
  assert results['protocol']['segmenter']['size'] == (64, 128)


def test_the_confusion_is_plotted(root, segmenter):
  path = root / 'plots' / 'confusion.png'
  chosen = options(root, segmenter=segmenter, metrics=('miou',))
  evaluated = evaluation.Evaluation(scenes_of, chosen)
  evaluated.run(gray_images(), confusion_png=path)
  with Image.open(path) as image:
    assert image.width > 500


def test_an_error_while_reading_is_raised(root):
  class Broken(CountedStreet):
    def read(self, index):
      if index == 3:
        raise InputError('scene 3 is damaged')
      return super().read(index)

  evaluated = evaluation.Evaluation(Broken, options(root, batch_size=2))
  with pytest.raises(InputError, match='scene 3 is damaged'):
    evaluated.run(gray_images())


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'segmenter': 'nowhere', 'metrics': ('miou',)}, 'nowhere'),
    ({'inception': 'nowhere', 'metrics': ('fid',)}, 'nowhere'),
  ],
)
def test_weights_and_protocols_that_cannot_be_used_are_refused(
  root, segmenter, changes, message
):
  chosen = options(root, **{'segmenter': segmenter, **changes})
  with pytest.raises(InputError, match=message):
    evaluation.Evaluation(scenes_of, chosen)
