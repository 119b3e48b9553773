"""Our Inception is the one of FID's public port, at other sizes too."""

import jax
import pytest
import torch

from benchmarks.twins import torch_arrays
from instgan_jax.pretrained import inception as our_inception
from instgan_jax.weights import inception as inception_weights
from tests.twins import inception, precision, pytorch, scenes

pytestmark = pytest.mark.slow


def features_of_twin(twin, images):
  dtype = twin.fc.weight.dtype
  with torch.no_grad():
    features = twin.eval()(torch_arrays.to_tensor(images, dtype))
  return tuple(feature.numpy() for feature in features)


def test_features_of_each_block():
  # 91 -> 45 -> 43 -> 21 -> 19 -> 9 -> 4 -> 1 rows: some pools drop a row.
  images = scenes.random(1, 91, 130).scaled_image
  single, double = pytorch.twins(inception.Inception)
  variables = inception_weights.inception_variables(
    torch_arrays.state_dict(single)
  )
  ours = jax.jit(our_inception.Inception().apply)(variables, images)
  single, double = (features_of_twin(twin, images) for twin in (single, double))
  precision.assert_as_precise(ours, single, double, floor=2e-6)


@pytest.mark.parametrize('size', [(64, 128), (256, 512), (299, 299)])
def test_preprocessing(size):
  images = scenes.random(1, *size).image
  single, double = (
    torch_arrays.to_array(
      inception.preprocess(torch_arrays.to_tensor(images, dtype) / 255)
    )
    for dtype in (torch.float32, torch.float64)
  )
  ours = our_inception.preprocess(images)
  precision.assert_as_precise(ours, single, double, floor=2e-6)
