"""Images to evaluate: those that `generate` makes, or those of folders."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline import scenes as scenes_lib
from data_pipeline import toy_street
from instgan_jax.evaluation import generated_images, image_folder
from instgan_jax.inference import Sampler
from tests import tiny

pytestmark = pytest.mark.slow


SOURCE = toy_street.ToyStreet(3, height=32, split='val')


@pytest.fixture(scope='module')
def sampler():
  config = tiny.config('lip')
  return Sampler(
    config,
    tiny.generator_variables(config),
    step=7,
    uses_ema=True,
    batch_size=4,
  )


@pytest.fixture(scope='module')
def scenes():
  (all_scenes,) = scenes_lib.read_scenes(SOURCE, 3)
  return all_scenes


def test_images_are_those_of_the_sampler_to_the_bit(sampler, scenes):
  images = generated_images.generate(sampler, scenes, seed=5)
  assert images.shape == (3, 32, 64, 3) and images.dtype == np.uint8
  for index, name in enumerate(SOURCE.image_ids):
    scene = SOURCE.read(index)
    np.testing.assert_array_equal(
      images[index],
      sampler.sample(scene.label_map, scene.instance_ids, seed=5, name=name),
    )


def test_the_sample_k_has_the_styles_of_the_seed_plus_k(sampler, scenes):
  images = generated_images.from_sampler(sampler, 5, 'runs/lip')
  samples = [images.generate(scenes, k) for k in (0, 1)]
  for k, sample in enumerate(samples):
    np.testing.assert_array_equal(
      sample, generated_images.generate(sampler, scenes, 5 + k)
    )
  assert (samples[0] != samples[1]).any()
  assert images.num_samples is None
  assert images.metadata == {
    'workdir': 'runs/lip',
    'step': 7,
    'weights': 'ema',
    'weights_sha256': sampler.weights_sha256,
    'method': 'L+I+P',
  }


def test_a_class_of_a_scene_may_have_one_style(sampler, scenes):
  images = generated_images.from_sampler(sampler, 5, 'runs/lip', 'class')
  assert images.metadata['style_of'] == 'class'
  actual = images.generate(scenes, 1)
  for index, name in enumerate(SOURCE.image_ids):
    scene = SOURCE.read(index)
    ids = set(np.unique(scene.instance_ids).tolist())
    styles = {
      i: sampler.style(i // 1000, seed=6, scene=name) for i in ids if i >= 1000
    }
    assert len({style.tobytes() for style in styles.values()}) < len(styles)
    expected = sampler.sample(
      scene.label_map, scene.instance_ids, styles=styles, name=name
    )
    np.testing.assert_array_equal(actual[index], expected)


def test_a_generator_without_styles_has_one_sample():
  config = tiny.config('l')
  images = generated_images.from_sampler(
    Sampler(config, tiny.generator_variables(config)), 0, 'runs/l'
  )
  assert images.num_samples == 1
  assert images.metadata['method'] == 'L'
  assert images.metadata['weights'] == 'raw'


def test_folders_are_samples(tmp_path, scenes):
  for k in (0, 1):
    for number, name in enumerate(SOURCE.image_ids):
      folder = tmp_path / str(k)
      folder.mkdir(exist_ok=True)
      Image.new('RGB', (64, 32), (k, number, 9)).save(folder / f'{name}.png')
  images = generated_images.from_folders(
    [
      image_folder.ImageFolder(tmp_path / str(k), SOURCE.image_ids)
      for k in (0, 1)
    ]
  )
  assert images.num_samples == 2
  assert images.metadata == {'folders': [f'{tmp_path}/0', f'{tmp_path}/1']}
  for k in (0, 1):
    colors = images.generate(scenes, k)[:, 3, 5]
    np.testing.assert_array_equal(colors, [[k, 0, 9], [k, 1, 9], [k, 2, 9]])
