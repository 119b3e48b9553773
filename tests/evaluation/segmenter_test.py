"""Protocols of a segmenter, with networks whose answers are known."""

import functools
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from PIL import Image

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import weights_folder
from instgan_jax.evaluation import segmenter, segmenter_protocol
from instgan_jax.pretrained import load, pspnet

IDS = np.array([label.id for label in labels.EVALUATED])
FIELDS = {
  'stage_blocks': (1, 1, 1, 1),
  'stem_channels': (2, 2, 4),
  'base_channels': 2,
  'pyramid_channels': 4,
}
SLIDING = segmenter_protocol.Protocol(crop=(17, 17))


class ByRed(nn.Module):
  """Pixels of red 10 k are of train id k, whatever is around them."""

  num_classes: int = 19
  align_corners: bool = False

  def __call__(self, image):
    red = image[..., :1] * pspnet.DEVIATION[0] + pspnet.MEAN[0]
    classes = 10.0 * jnp.arange(19.0)[None, None, None]
    return pspnet.Output(-jnp.square(red - classes), image, None)


class ByPlace(ByRed):
  """The first two classes, by the place in what the network sees.

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
  """(pictures of random classes, their label ids)."""
  classes = np.random.default_rng(0).integers(0, 19, shape)
  images = np.zeros((*shape, 3), np.uint8)
  images[..., 0] = 10 * classes
  return images, IDS[classes]


def test_crops_of_the_semseg_release_cover_1024x2048():
  # Stride ceil(2/3 * 713) = 476; ceil(311 / 476) + 1 = 2 rows and
  # ceil(1335 / 476) + 1 = 4 columns, the last ones at 1024 - 713, 2048 - 713.
  assert segmenter.crop_starts(1024, 713) == [0, 311]
  assert segmenter.crop_starts(2048, 713) == [0, 476, 952, 1335]
  assert segmenter.crop_starts(713, 713) == [0]
  assert segmenter.crop_starts(500, 713) == [0]


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


def test_the_mirrored_picture_counts_half():
  images = np.zeros((1, 16, 32, 3), np.uint8)
  once = segmenter_protocol.whole(None)
  # Alone: sigmoid(4) = .98 for the first class on the left, sigmoid(-1) = .27
  # on the right. With the mirrored: (.98 + .27) / 2 = .63 everywhere.
  maps = with_network(ByPlace(), once).label_maps(images, (16, 32))
  np.testing.assert_array_equal(maps[0, 0], np.repeat(IDS[:2], 16))
  both = once._replace(flip=True)
  maps = with_network(ByPlace(), both).label_maps(images, (16, 32))
  np.testing.assert_array_equal(maps, IDS[0])


def test_overlapping_crops_are_averaged_by_their_number():
  images = np.zeros((1, 6, 10, 3), np.uint8)
  # Crops of 6 columns begin at 0 and 4 and say .98 three times, .27 three
  # times for the first class: .98 .98 .98 .27 | (.27 + .98) / 2 = .63 twice |
  # .98 .27 .27 .27.
  protocol = segmenter_protocol.Protocol(crop=(6, 6))
  maps = with_network(ByPlace(), protocol).label_maps(images, (6, 10))
  expected = IDS[[0, 0, 0, 1, 0, 0, 0, 1, 1, 1]]
  np.testing.assert_array_equal(maps, np.broadcast_to(expected, (1, 6, 10)))


def test_probabilities_stay_probabilities_where_crops_overlap():
  images, _ = painted(2, 12, 40)
  protocol = SLIDING._replace(crop=(9, 17), flip=True, scales=(1.0, 1.5))
  for scale in protocol.scales:
    found = segmenter._probabilities(ByRed(), protocol, {}, images, scale)
    assert found.shape == (2, round(12 * scale), round(40 * scale), 19)
    np.testing.assert_allclose(found.sum(-1), 1.0, rtol=1e-5)


@functools.cache
def tiny_pspnet():
  network = pspnet.PspNet(**FIELDS)
  initialize = jax.jit(network.init)
  variables = initialize(jax.random.key(0), np.zeros((1, 65, 65, 3)))
  return load.Network(network, jax.device_get(variables), 'f00')


def test_a_picture_is_judged_alike_in_any_company():
  images = np.random.default_rng(1).integers(0, 256, (5, 25, 33, 3), np.uint8)
  found = segmenter.Segmenter(tiny_pspnet(), segmenter_protocol.whole(None))
  features = found.features(images)  # 4 devices: 5 pictures in 2 parts.
  assert features.shape == (5, 4) and features.dtype == np.float32
  assert len(np.unique(features, axis=0)) == 5
  for i in range(5):
    np.testing.assert_array_equal(found.features(images[[i]]), features[[i]])


class ByMean(ByRed):
  """As ByRed, of a picture from which the mean of what is seen is taken."""

  def __call__(self, image):
    return super().__call__(image - image.mean(axis=(1, 2), keepdims=True))


def test_a_crop_that_covers_the_picture_is_the_whole_picture():
  images, _ = painted(5, 9, 17)
  whole = with_network(ByMean(), segmenter_protocol.whole(None))
  expected = whole.label_maps(images, (9, 17))
  for crop, is_whole in (((9, 17), True), ((9, 9), False)):
    protocol = segmenter_protocol.Protocol(crop=crop)
    found = with_network(ByMean(), protocol, rows_per_device=2)
    maps = found.label_maps(images, (9, 17))
    assert np.array_equal(maps, expected) == is_whole


def test_pictures_are_resized_as_named():
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


def save(folder, about):
  weights_folder.save_tree(
    folder,
    {'pspnet': tiny_pspnet().variables},
    {weights_folder.WEIGHTS_FILE: json.dumps(about)},
  )


def test_a_trained_segmenter_looks_as_it_was_trained(tmp_path):
  trained = segmenter_protocol.Protocol((16, 32), flip=True)
  save(tmp_path / 'a', {'options': FIELDS, 'protocol': trained._asdict()})
  found = segmenter.load(str(tmp_path / 'a'))
  assert found.protocol == trained
  assert json.loads(json.dumps(found.about))['size'] == [16, 32]
  whole = segmenter.load(str(tmp_path / 'a'), 'whole').protocol
  assert whole == trained._replace(flip=False)
  with pytest.raises(InputError, match='trained for whole pictures'):
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
  about = {'options': {'align_corners': align_corners}}
  assert segmenter_protocol.of_weights(about, name) == expected


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
