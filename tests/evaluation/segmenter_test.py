"""Protocols of a segmenter, with networks whose answers are known."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from PIL import Image

from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from instgan_jax.checkpoints import weights_folder
from instgan_jax.evaluation import segmenter, segmenter_protocol
from instgan_jax.pretrained import load, pspnet
from tests import tiny_segmenter

pytestmark = pytest.mark.slow


IDS = np.array([label.id for label in labels.TABLE.evaluated])
SLIDING = segmenter_protocol.Protocol(crop=(17, 17))


class ByRed(nn.Module):
  """Pixels of red 10 k are of train id k, whatever is beside them."""

  num_classes: int = 19
  align_corners: bool = False

  def __call__(self, image):
    red = image[..., :1] * pspnet.DEVIATION[0] + pspnet.MEAN[0]
    classes = 10.0 * jnp.arange(19.0)[None, None, None]
    return pspnet.Output(-jnp.square(red - classes), image, None)


class ByColumn(ByRed):
  """The first two classes, by the column in what the network is given.

  Their probabilities are e^a / (1 + e^a) and 1 / (1 + e^a), a = 4 in the left
  half of the columns, else -1.
  """

  def __call__(self, image):
    left = jnp.arange(image.shape[2]) < image.shape[2] // 2
    first = jnp.broadcast_to(jnp.where(left, 4.0, -1.0), image.shape[:3])
    rest = jnp.full((*image.shape[:3], 17), -1e9)
    logits = jnp.stack([first, jnp.zeros_like(first)], axis=-1)
    return pspnet.Output(jnp.concatenate([logits, rest], -1), image, None)


def with_network(network, protocol, **options):
  return segmenter.Segmenter(
    load.Network(network, {}, 'f00'), protocol, **options
  )


def painted(*shape):
  """(images of random classes, their label ids)."""
  classes = np.random.default_rng(0).integers(0, 19, shape)
  images = np.zeros((*shape, 3), np.uint8)
  images[..., 0] = 10 * classes
  return images, IDS[classes]


@pytest.mark.parametrize(
  'protocol',
  [
    segmenter_protocol.whole(None),
    segmenter_protocol.whole(None)._replace(flip=True),
    SLIDING,  # Larger than the height, smaller than the width.
    SLIDING._replace(crop=(5, 9), flip=True),
  ],
)
@pytest.mark.parametrize('align_corners', [False, True])
def test_every_pixel_gets_its_own_class(protocol, align_corners):
  if align_corners and protocol.crop == (5, 9):
    protocol = protocol._replace(crop=(9, 9))
  images, ids = painted(3, 12, 40)
  network = ByRed(align_corners=align_corners)
  maps = with_network(network, protocol).label_maps(images, (12, 40))
  assert maps.dtype == np.uint8
  np.testing.assert_array_equal(maps, ids)


def test_scales_and_sizes_keep_areas_in_their_place():
  classes = np.array([[3, 8, 1, 5], [0, 18, 2, 7]])
  images = np.zeros((1, 32, 64, 3), np.uint8)
  images[0, ..., 0] = 10 * np.kron(classes, np.ones((16, 16), int))
  protocol = segmenter_protocol.Protocol((64, 128), scales=(0.5, 1.0, 1.5))
  maps = with_network(ByRed(), protocol).label_maps(images, (8, 16))
  # Of areas of 4x4 pixels, the inner 2x2 are away from blurred borders.
  inner = maps[0].reshape(2, 4, 4, 4)[:, 1:3, :, 1:3]
  np.testing.assert_array_equal(
    inner, np.broadcast_to(IDS[classes][:, None, :, None], (2, 2, 4, 2))
  )


def test_the_mirrored_image_counts_half():
  images = np.zeros((1, 16, 32, 3), np.uint8)
  once = segmenter_protocol.whole(None)
  # Alone: sigmoid(4) = .98 for the first class on the left, sigmoid(-1) = .27
  # on the right. With the mirrored: (.98 + .27) / 2 = .63 everywhere.
  maps = with_network(ByColumn(), once).label_maps(images, (16, 32))
  np.testing.assert_array_equal(maps[0, 0], np.repeat(IDS[:2], 16))
  both = once._replace(flip=True)
  maps = with_network(ByColumn(), both).label_maps(images, (16, 32))
  np.testing.assert_array_equal(maps, IDS[0])


def test_overlapping_crops_are_averaged_by_their_number():
  images = np.zeros((1, 6, 10, 3), np.uint8)
  # Crops of 6 columns begin at 0 and 4 and give .98 three times, .27 three
  # times for the first class: .98 .98 .98 .27 | (.27 + .98) / 2 = .63 twice |
  # .98 .27 .27 .27.
  protocol = segmenter_protocol.Protocol(crop=(6, 6))
  maps = with_network(ByColumn(), protocol).label_maps(images, (6, 10))
  expected = IDS[[0, 0, 0, 1, 0, 0, 0, 1, 1, 1]]
  np.testing.assert_array_equal(maps, np.broadcast_to(expected, (1, 6, 10)))


class ByDetail(ByRed):
  """The first class with .55 in a crop of sharp stripes, else with .42."""

  def __call__(self, image):
    red = image[..., 0] * pspnet.DEVIATION[0]
    change = jnp.abs(jnp.diff(red, axis=2)).mean(axis=(1, 2))
    first = jnp.where(change > 200, 0.55, 0.42)[:, None, None]
    first = jnp.broadcast_to(first, image.shape[:3])
    rest = jnp.full((*image.shape[:3], 17), -1e9)
    logits = jnp.log(jnp.stack([first, 1 - first], axis=-1))
    return pspnet.Output(jnp.concatenate([logits, rest], -1), image, None)


def test_a_scale_weighs_alike_where_its_crops_overlap():
  images = np.zeros((2, 12, 41, 3), np.uint8)
  images[:, :, ::2] = 255  # Stripes, which get blurred at the scale 1.5.
  # (.55 + .42) / 2 = .485 for the first class, everywhere. If the two to four
  # crops that share a pixel were not averaged but added, it would be more than
  # half where they share it at the first scale alone.
  protocol = SLIDING._replace(crop=(9, 17), flip=True, scales=(1.0, 1.5))
  maps = with_network(ByDetail(), protocol).label_maps(images, (12, 41))
  np.testing.assert_array_equal(maps, IDS[1])
  sharp = with_network(ByDetail(), protocol._replace(scales=(1.0,)))
  np.testing.assert_array_equal(sharp.label_maps(images, (12, 41)), IDS[0])


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
  return load.pspnet(
    tiny_segmenter.save(tmp_path_factory.mktemp('weights') / 'pspnet')
  )


def test_an_image_has_the_same_features_in_every_batch(weights):
  images = np.random.default_rng(1).integers(0, 256, (5, 25, 33, 3), np.uint8)
  found = segmenter.Segmenter(weights, segmenter_protocol.whole(None))
  features = found.features(images)  # 4 devices: 5 images in 2 parts.
  assert features.shape == (5, 4) and features.dtype == np.float32
  assert len(np.unique(features, axis=0)) == 5
  for i in range(5):
    np.testing.assert_array_equal(found.features(images[[i]]), features[[i]])


class ByMean(ByRed):
  """As ByRed, of an image whose mean has been subtracted."""

  def __call__(self, image):
    return super().__call__(image - image.mean(axis=(1, 2), keepdims=True))


def test_a_crop_that_covers_the_image_is_the_whole_image():
  images, _ = painted(5, 9, 17)
  whole = with_network(ByMean(), segmenter_protocol.whole(None))
  expected = whole.label_maps(images, (9, 17))
  for crop, is_whole in (((9, 17), True), ((9, 9), False)):
    protocol = segmenter_protocol.Protocol(crop=crop)
    found = with_network(ByMean(), protocol, rows_per_device=2)
    maps = found.label_maps(images, (9, 17))
    assert np.array_equal(maps, expected) == is_whole


def test_images_are_resized_as_named():
  image = np.random.default_rng(3).integers(0, 256, (1, 16, 32, 3), np.uint8)
  for name, kind in (
    ('pillow-bilinear', Image.Resampling.BILINEAR),
    ('pillow-bicubic', Image.Resampling.BICUBIC),
  ):
    protocol = segmenter_protocol.Protocol((8, 12), resize=name)
    found = with_network(ByRed(), protocol).features(image)
    resized = np.asarray(Image.fromarray(image[0]).resize((12, 8), kind))
    expected = pspnet.preprocess(resized[None]).mean((1, 2))
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_a_trained_segmenter_has_the_protocol_of_its_training(
  tmp_path, weights
):
  trained = segmenter_protocol.Protocol((16, 32), flip=True)
  metadata = {
    'options': tiny_segmenter.OPTIONS,
    'protocol': trained._asdict(),
  }
  weights_folder.save(
    tmp_path / 'a',
    {'pspnet': weights.variables},
    {weights_folder.METADATA_FILE: json.dumps(metadata)},
  )
  found = segmenter.load(str(tmp_path / 'a'))
  assert found.protocol == trained
  assert json.loads(json.dumps(found.metadata))['size'] == [16, 32]
  whole = segmenter.load(str(tmp_path / 'a'), 'whole').protocol
  assert whole == trained._replace(flip=False)
  with pytest.raises(InputError, match='trained for whole images'):
    segmenter.load(str(tmp_path / 'a'), 'sliding')


@pytest.mark.parametrize(
  ('align_corners', 'name', 'expected'),
  [
    (True, '', segmenter_protocol.sliding()),
    (False, '', segmenter_protocol.whole()),
    (True, 'whole', segmenter_protocol.whole()),
    (
      False,
      'sliding_multiscale',
      segmenter_protocol.Protocol(
        (1024, 2048),
        'opencv-bilinear',
        (713, 713),
        True,
        (0.5, 0.75, 1.0, 1.25, 1.5, 1.75),
      ),
    ),
  ],
)
def test_public_weights_are_tested_as_published(align_corners, name, expected):
  metadata = {'options': {'align_corners': align_corners}}
  assert segmenter_protocol.of_weights(metadata, name) == expected


@pytest.mark.parametrize(
  ('network', 'changes', 'message'),
  [
    (ByRed(num_classes=20), {}, '20 classes, expected the 19'),
    (ByRed(), {'resize': 'nearest'}, "'nearest', expected one of opencv"),
    (ByRed(), {'size': (0, 4)}, r'size .* \(0, 4\)'),
    (ByRed(), {'scales': ()}, 'at least one'),
    (
      ByRed(align_corners=True),
      {'crop': (16, 17)},
      '16x17 do not fit .* 1 more than a multiple of 8',
    ),
  ],
)
def test_what_cannot_be_is_refused(network, changes, message):
  with pytest.raises(InputError, match=message):
    with_network(network, segmenter_protocol.Protocol(**changes))


def test_an_unknown_protocol_is_refused():
  with pytest.raises(InputError, match="'half', expected one of whole, slid"):
    segmenter_protocol.of_weights({}, 'half')
  with pytest.raises(InputError, match='no segmenter protocol'):
    segmenter_protocol.from_json({'sizes': [1, 2]})
  with pytest.raises(InputError, match='no segmenter protocol'):
    segmenter_protocol.from_json(None)
  with pytest.raises(InputError, match='crop .* is 0, expected a height'):
    segmenter_protocol.from_json({'crop': 0})
