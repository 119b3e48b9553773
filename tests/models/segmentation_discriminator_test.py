import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.models import segmentation_discriminator
from tests.models import random_arrays

IMAGE = random_arrays.normal((2, 16, 32, 3))


def small(**fields):
  return segmentation_discriminator.SegmentationDiscriminator(
    num_labels=4, base_channels=2, num_layers=3, **fields
  )


def test_an_image_is_classified_by_itself_and_at_its_size():
  module = small()
  variables = random_arrays.variables(module, None, None, IMAGE)
  apply = jax.jit(
    lambda image: module.apply(variables, None, None, image, train=False)
  )
  logits = apply(IMAGE)
  assert logits.shape == (2, 16, 32, 5) and logits.dtype == jnp.float32
  np.testing.assert_allclose(apply(IMAGE[1:])[0], logits[1], atol=1e-4)


def test_oasis_has_its_channels():
  module = segmentation_discriminator.SegmentationDiscriminator()
  image = jnp.zeros((1, 256, 512, 3))
  params = random_arrays.shapes(module, None, None, image)['params']
  widths = {
    name: block['conv_1']['kernel'].shape[-1]
    for name, block in params.items()
    if name != 'logits'
  }
  assert widths == {
    **{f'down_{k}': w for k, w in enumerate((128, 128, 256, 256, 512, 512))},
    **{f'up_{k}': w for k, w in enumerate((64, 128, 128, 256, 256, 512))},
  }
  # The last block beside no skip.
  assert params['up_5']['conv_0']['kernel'].shape == (3, 3, 512, 512)
  assert params['up_4']['conv_0']['kernel'].shape == (3, 3, 1024, 256)
  assert params['up_0']['conv_0']['kernel'].shape == (3, 3, 256, 64)
  assert params['logits']['kernel'].shape == (1, 1, 64, 36)


def test_every_convolution_has_a_spectral_norm():
  shapes = random_arrays.shapes(small(), None, None, IMAGE)
  norms = jax.tree.leaves(shapes['spectral_stats'])
  kernels = [
    x
    for path, x in jax.tree_util.tree_leaves_with_path(shapes['params'])
    if path[-1].key == 'kernel'
  ]
  assert len(norms) == 2 * len(kernels)
