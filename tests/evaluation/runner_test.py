"""Scenes stream through measures once, whatever the batch size is."""

import numpy as np
import pytest

from data_pipeline import toy_street
from instgan_jax.evaluation import metrics, runner


class Recorder:
  """Keeps what it is fed."""

  def __init__(self):
    self.fed = {}

  def update(self, key, images, scenes):
    kept = self.fed.setdefault(key, [])
    for name, image, label_map in zip(
      scenes.names, images, scenes.label_maps, strict=True
    ):
      kept.append((name, image.copy(), label_map.copy()))


SOURCE = toy_street.ToyStreet(5, height=32, split='val')


def darkened(batch, names, number):
  assert len(names) == len(batch['image'])
  return batch['image'] // (number + 2)


@pytest.mark.parametrize('batch_size', [1, 3, 8])
def test_every_scene_comes_once_with_its_name(batch_size):
  recorder = Recorder()
  runner.run(SOURCE, darkened, [recorder], num_draws=2, batch_size=batch_size)
  assert list(recorder.fed) == [metrics.REAL, 0, 1]
  for key, divisor in ((metrics.REAL, 1), (0, 2), (1, 3)):
    fed = recorder.fed[key]
    assert [name for name, *_ in fed] == list(SOURCE.image_ids)
    for index, (_, image, label_map) in enumerate(fed):
      scene = SOURCE.read(index)
      np.testing.assert_array_equal(image, scene.image // divisor)
      np.testing.assert_array_equal(label_map, scene.label_map)


def test_two_draws_are_compared_also_where_one_is_measured():
  recorder = Recorder()
  distances = metrics.DrawDistances(('car',))
  runner.run(
    SOURCE,
    lambda batch, names, number: np.full_like(batch['image'], 51 * number),
    [recorder],
    num_draws=1,
    draw_distances=distances,
    batch_size=2,
  )
  assert list(recorder.fed) == [metrics.REAL, 0]
  outside = distances.figures()['draw_distance_outside']
  np.testing.assert_allclose(outside['mean'], 0.2)


def test_an_error_while_reading_is_raised():
  class Broken(toy_street.ToyStreet):
    def read(self, index):
      if index == 3:
        raise OSError('unreadable')
      return super().read(index)

  with pytest.raises(OSError, match='unreadable'):
    runner.run(
      Broken(5, height=32),
      darkened,
      [Recorder()],
      num_draws=1,
      batch_size=2,
    )


def color_features(images):
  return images.reshape(len(images), -1, 3).mean(axis=1)


def reference(cache, source=SOURCE, extract=color_features, **protocol):
  return runner.reference(
    source, extract, protocol=protocol, cache_folder=cache, batch_size=2
  )


def test_references_are_computed_once_for_each_set_of_images(tmp_path):
  calls = []

  def extract(images):
    calls.append(len(images))
    return color_features(images)

  first = reference(tmp_path, extract=extract)
  again = reference(tmp_path, extract=extract)
  assert calls == [2, 2, 1]
  np.testing.assert_array_equal(first.features, again.features)
  expected = color_features(np.stack([SOURCE.read(i).image for i in range(5)]))
  np.testing.assert_allclose(first.features, expected, rtol=1e-6)
  other = toy_street.ToyStreet(5, height=32, split='train')
  assert len(reference(tmp_path, other, extract).features) == 5
  reference(tmp_path, extract=extract, resize='another')
  assert len(calls) == 9
  assert len(list(tmp_path.iterdir())) == 3


def test_the_hash_is_of_the_images_not_of_their_batches():
  images = np.stack([SOURCE.read(i).image for i in range(5)])
  whole = runner.content_hash([images])
  assert runner.content_hash([images[:1], images[1:]]) == whole
  assert runner.content_hash([images[::-1]]) != whole
