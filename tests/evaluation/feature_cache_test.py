"""Features of real images: computed once, kept by the images' hashes."""

import re

import numpy as np
import pytest

from data_pipeline import scenes, toy_street
from data_pipeline.errors import InputError
from instgan_jax.evaluation import feature_cache

SOURCE = toy_street.ToyStreet(5, height=32, split='val')
PROTOCOL = {
  'resize': 'bilinear',
  'size': [32, 64],
  'weights_sha256': '6726825d',
}


def color_features(images):
  return images.reshape(len(images), -1, 3).mean(axis=1, dtype=np.float32)


class Extractor:
  """`color_features`, with the number of images of each call."""

  def __init__(self):
    self.calls = []

  def __call__(self, images):
    self.calls.append(len(images))
    return color_features(images)


def features_of(cache, source=SOURCE, batch_size=2):
  return np.concatenate(
    [
      cache.features(part.images, part.image_hashes)
      for part in scenes.read_scenes(source, batch_size)
    ]
  )


def test_features_are_those_of_the_network_whatever_the_batches(tmp_path):
  images = np.stack([SOURCE.read(i).image for i in range(len(SOURCE))])
  expected = color_features(images)
  for batch_size in (1, 2, 5):
    cache = feature_cache.FeatureCache(tmp_path, color_features, PROTOCOL)
    np.testing.assert_array_equal(
      features_of(cache, batch_size=batch_size), expected
    )


def test_an_image_passes_the_network_once(tmp_path):
  extract = Extractor()
  cache = feature_cache.FeatureCache(tmp_path, extract, PROTOCOL)
  first = features_of(cache)
  np.testing.assert_array_equal(features_of(cache, batch_size=3), first)
  assert extract.calls == [2, 2, 1]


def test_features_are_kept_in_a_file_of_the_protocol(tmp_path):
  extract = Extractor()

  def cache(protocol):
    return feature_cache.FeatureCache(tmp_path / 'new', extract, protocol)

  first = cache(PROTOCOL)
  expected = features_of(first)
  first.save()
  first.save()
  (path,) = (tmp_path / 'new').iterdir()
  # The order of the keys is no protocol; each value is.
  again = cache(dict(reversed(PROTOCOL.items())))
  np.testing.assert_array_equal(features_of(again), expected)
  assert extract.calls == [2, 2, 1]
  other = cache(PROTOCOL | {'resize': 'clean'})
  features_of(other)
  assert extract.calls == [2, 2, 1] * 2
  other.save()
  assert len(list((tmp_path / 'new').iterdir())) == 2
  assert path.exists()


def test_a_file_grows_by_the_images_that_are_new(tmp_path):
  extract = Extractor()
  first = feature_cache.FeatureCache(tmp_path, extract, PROTOCOL)
  features_of(first, toy_street.ToyStreet(3, height=32, split='val'))
  first.save()
  grown = feature_cache.FeatureCache(tmp_path, extract, PROTOCOL)
  features_of(grown, batch_size=5)
  assert extract.calls == [2, 1, 2]
  grown.save()
  assert len(list(tmp_path.iterdir())) == 1
  last = feature_cache.FeatureCache(tmp_path, extract, PROTOCOL)
  features_of(last, toy_street.ToyStreet(2, height=32, split='train'))
  features_of(last)
  assert extract.calls == [2, 1, 2, 2]


def test_nothing_new_writes_nothing(tmp_path):
  cache = feature_cache.FeatureCache(tmp_path, color_features, PROTOCOL)
  cache.save()
  assert not list(tmp_path.iterdir())


class Twins:
  """Two scenes of equal pixels, and one of their mirror image."""

  image_ids = ('a', 'b', 'mirrored')
  label_table = SOURCE.label_table

  def __len__(self):
    return 3

  def read(self, index):
    scene = SOURCE.read(0)
    return scene if index < 2 else scene._replace(image=scene.image[:, ::-1])


def test_two_scenes_of_equal_pixels_have_equal_features(tmp_path):
  cache = feature_cache.FeatureCache(
    tmp_path, lambda images: images[:, 0, :2, 0].astype(np.float32), PROTOCOL
  )
  together = features_of(cache, Twins(), batch_size=3)
  assert together.shape == (3, 2)
  np.testing.assert_array_equal(together[0], together[1])
  assert (together[0] != together[2]).any()
  cache.save()
  again = feature_cache.FeatureCache(tmp_path, Extractor(), PROTOCOL)
  np.testing.assert_array_equal(features_of(again, Twins()), together)


def test_the_hash_is_of_the_image_not_of_its_batch():
  (whole,) = scenes.read_scenes(SOURCE, 5)
  parts = [part.image_hashes[0] for part in scenes.read_scenes(SOURCE, 1)]
  assert list(whole.image_hashes) == parts
  assert len(set(parts)) == 5
  # The size belongs to it, and where it comes from does not.
  square = scenes.Scenes(
    ('other',),
    whole.images[:1].reshape(1, 64, 32, 3),
    whole.label_maps[:1],
    whole.instance_maps[:1],
    ((),),
  )
  assert square.image_hashes[0] != parts[0]


def saved(folder):
  """The file of `PROTOCOL`, with the features of all scenes."""
  cache = feature_cache.FeatureCache(folder, color_features, PROTOCOL)
  features = features_of(cache)
  cache.save()
  (path,) = folder.iterdir()
  return path, features


def cut_off(path, features):
  del features
  content = path.read_bytes()
  path.write_bytes(content[: len(content) // 2])


def flip_a_bit(path, features):
  content = bytearray(path.read_bytes())
  content[content.find(features.tobytes()) + 1] ^= 4
  path.write_bytes(content)


def write_text(path, features):
  del features
  path.write_text('mu, sigma')


def write_nothing(path, features):
  del features
  path.write_bytes(b'')


def write_one_array(path, features):
  with open(path, 'wb') as file:
    np.save(file, features)


def write_statistics(path, features):
  np.savez(path, mu=features.mean(0), sigma=np.eye(3))


def drop_an_image(path, features):
  with np.load(path) as file:
    content = dict(file)
  np.savez(path, **content | {'features': features[1:]})


def name_another_format(path, features):
  del features
  with np.load(path) as file:
    content = dict(file)
  np.savez(path, **content | {'format': 'features 9'})


@pytest.mark.parametrize(
  'damage',
  [
    cut_off,
    flip_a_bit,
    write_text,
    write_nothing,
    write_one_array,
    write_statistics,
    drop_an_image,
    name_another_format,
  ],
)
def test_a_damaged_file_is_named(tmp_path, damage):
  damage(*saved(tmp_path))
  (path,) = tmp_path.iterdir()
  with pytest.raises(
    InputError, match=re.escape(f'{path}: cannot be read') + '.*delete the file'
  ):
    feature_cache.FeatureCache(tmp_path, color_features, PROTOCOL)


def test_a_file_under_the_name_of_another_protocol_is_refused(tmp_path):
  first, _ = saved(tmp_path)
  other = PROTOCOL | {'resize': 'clean'}
  cache = feature_cache.FeatureCache(tmp_path, color_features, other)
  features_of(cache)
  cache.save()
  (second,) = set(tmp_path.iterdir()) - {first}
  first.replace(second)
  with pytest.raises(InputError, match=f'{second.name}: .* another protocol'):
    feature_cache.FeatureCache(tmp_path, color_features, other)
