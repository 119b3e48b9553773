"""Layers against PyTorch's own, where PyTorch is installed.

The reference vectors of tests/golden need no PyTorch; these tests do, to look
into single layers with fresh numbers, gradients included.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import (
  batch_norm,
  instance_norm,
  resample,
  spectral_conv,
)

pytestmark = pytest.mark.slow


torch = pytest.importorskip(
  'torch', reason='PyTorch is not installed (tests/requirements-torch.txt).'
)
functional = torch.nn.functional


def numbers(*shape, seed=0):
  return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def to_torch(x):
  """NHWC array -> NCHW tensor."""
  return torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1)))


def to_array(tensor):
  """NCHW tensor -> NHWC array."""
  return np.moveaxis(tensor.detach().numpy(), 1, -1)


def assert_close(ours, theirs, atol=1e-5):
  np.testing.assert_allclose(ours, to_array(theirs), rtol=1e-4, atol=atol)


@pytest.mark.filterwarnings('ignore:.*spectral_norm.*:FutureWarning')
@pytest.mark.parametrize('train', [True, False])
def test_spectral_conv_and_its_gradient(train):
  x, weight = numbers(2, 9, 11, 3), numbers(5, 3, 4, 4, seed=1)
  theirs = torch.nn.Conv2d(3, 5, 4, stride=2, padding=2)
  theirs = torch.nn.utils.spectral_norm(theirs)
  theirs.train(train)
  with torch.no_grad():
    theirs.weight_orig.copy_(torch.from_numpy(weight))
  u = theirs.weight_u.numpy().copy()
  # Their v is in the order (in, kh, kw), ours in (kh, kw, in).
  v = theirs.weight_v.numpy().reshape(3, 4, 4).transpose(1, 2, 0).reshape(-1)
  variables = {
    'params': {
      'kernel': jnp.asarray(weight.transpose(2, 3, 1, 0)),
      'bias': jnp.asarray(theirs.bias.detach().numpy()),
    },
    'spectral_stats': {'u': jnp.asarray(u), 'v': jnp.asarray(v.copy())},
  }
  ours = spectral_conv.SpectralConv(5, kernel_size=4, strides=2, padding=2)

  def loss(params):
    y, stats = ours.apply(
      {**variables, 'params': params},
      x,
      train=train,
      mutable=['spectral_stats'],
    )
    return jnp.sum(jnp.square(y)), (y, stats)

  grads, (y, stats) = jax.grad(loss, has_aux=True)(variables['params'])
  expected = theirs(to_torch(x))
  expected.square().sum().backward()
  assert_close(y, expected)
  np.testing.assert_allclose(
    grads['kernel'],
    theirs.weight_orig.grad.numpy().transpose(2, 3, 1, 0),
    rtol=1e-3,
    atol=1e-4,
  )
  np.testing.assert_allclose(
    stats['spectral_stats']['u'], theirs.weight_u.numpy(), rtol=1e-4, atol=1e-6
  )


def test_batch_norm_and_its_running_moments():
  x = 3.0 + 2.0 * numbers(4, 5, 6, 3)
  theirs = torch.nn.BatchNorm2d(3, affine=False)
  ours = batch_norm.SyncBatchNorm()
  variables = ours.init(jax.random.key(0), x, train=False)
  y, variables = ours.apply(variables, x, train=True, mutable=['batch_stats'])
  assert_close(y, theirs(to_torch(x)))
  stats = variables['batch_stats']
  np.testing.assert_allclose(
    stats['mean'], theirs.running_mean.numpy(), rtol=1e-5
  )
  np.testing.assert_allclose(
    stats['var'], theirs.running_var.numpy(), rtol=1e-5
  )
  theirs.eval()
  assert_close(
    ours.apply(variables, x, train=False), theirs(to_torch(x)), atol=1e-4
  )


def test_instance_norm():
  x = numbers(2, 5, 7, 3)
  assert_close(
    instance_norm.instance_norm(x), functional.instance_norm(to_torch(x))
  )


def test_nearest_resizing_in_both_directions():
  x = numbers(2, 8, 12, 3)
  down = functional.interpolate(to_torch(x), size=(2, 3), mode='nearest')
  np.testing.assert_array_equal(
    resample.nearest_down(x, (2, 3)), to_array(down)
  )
  up = functional.interpolate(to_torch(x), scale_factor=2, mode='nearest')
  np.testing.assert_array_equal(resample.nearest_up(x), to_array(up))


def test_average_pooling_between_the_scales():
  x = numbers(2, 9, 12, 3)
  pooled = functional.avg_pool2d(
    to_torch(x), 3, stride=2, padding=1, count_include_pad=False
  )
  assert_close(resample.average_pool(x), pooled)


@pytest.mark.parametrize('size', [(5, 7), (20, 30)])
def test_bilinear_resizing_of_the_encoder(size):
  x = numbers(2, 11, 13, 3)
  resized = functional.interpolate(
    to_torch(x), size=size, mode='bilinear', align_corners=False
  )
  assert_close(resample.bilinear_resize(x, size), resized)
