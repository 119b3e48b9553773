"""VGG19 and the perceptual loss give the numbers of the public network."""

import jax
import numpy as np

from instgan_jax.losses import perceptual
from instgan_jax.pretrained import vgg19
from instgan_jax.weights import vgg19 as vgg19_weights
from tests.golden import recipe


def test_features_and_perceptual_loss():
  inputs, expected = recipe.inputs('vgg19'), recipe.expected('vgg19')
  variables = vgg19_weights.vgg19_variables(recipe.state_dict('vgg19'))
  network = jax.jit(vgg19.Vgg19().apply)
  features = network(variables, inputs['x'])
  for i, feature in enumerate(features):
    means = np.asarray(feature).mean(axis=(1, 2))
    wanted = expected[f'relu{i + 1}_1']
    assert np.abs(means - wanted).max() <= 1e-4 * np.abs(wanted).max()
  loss = perceptual.perceptual_loss(
    real_features=network(variables, inputs['y']), fake_features=features
  )
  np.testing.assert_allclose(loss, expected['loss'], rtol=1e-4)
