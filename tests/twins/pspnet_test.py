"""Our PSPNet is that of both public families of weights."""

import jax
import pytest
import torch

from benchmarks.twins import torch_arrays
from instgan_jax.pretrained import pspnet as our_pspnet
from instgan_jax.weights import pspnet as pspnet_weights
from tests.twins import precision, pspnet, pytorch, scenes

pytestmark = pytest.mark.slow


FAMILIES = {
  # With aligned corners both sides are 1 more than a multiple of 8.
  'semseg': (pspnet.Semseg, (8, 8, 12), (105, 153)),
  'mmsegmentation': (pspnet.Mmsegmentation, (4, 4, 8), (100, 150)),
}


def logits_of_twin(twin, images):
  dtype = next(twin.parameters()).dtype
  with torch.no_grad():
    images = pspnet.preprocess(torch_arrays.to_tensor(images, dtype)).to(dtype)
    return torch_arrays.to_array(twin.eval()(images))


@pytest.mark.parametrize('family', FAMILIES)
def test_logits(family):
  build, stem, size = FAMILIES[family]
  images = scenes.random(1, *size).image
  single, double = pytorch.twins(
    lambda: build(
      num_blocks=(1, 2, 2, 2), stem=stem, base=4, pyramid=6, num_classes=5
    )
  )
  state_dict = torch_arrays.state_dict(single)
  ours = our_pspnet.PspNet(**pspnet_weights.pspnet_options(state_dict))
  variables = pspnet_weights.pspnet_variables(state_dict)
  logits = jax.jit(ours.apply)(variables, our_pspnet.preprocess(images)).logits
  single, double = (logits_of_twin(twin, images) for twin in (single, double))
  precision.assert_as_precise(logits, single, double, floor=5e-6)
