"""Two discriminators together give what each of them gives alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.build import discriminator
from instgan_jax.train import views
from tests import tiny
from tests.models import random_arrays

CONFIG = tiny.config(
  discriminator__kind='patch+segmentation',
  discriminator__num_scales=1,
  discriminator__segmentation_channels=2,
  discriminator__segmentation_layers=1,
  loss_weights__segmentation=0.25,
)
PARTS = {
  'patch': tiny.config(discriminator__num_scales=1),
  'segmentation': tiny.config(
    discriminator__kind='segmentation', discriminator__num_layers=1
  ),
}
LABELS = np.random.default_rng(0).integers(0, 4, (2, 16, 32))
VIEWS = views.Views(
  label_map=LABELS,
  instance_map=LABELS,
  real=random_arrays.normal((2, 16, 32, 3)),
  fake=random_arrays.normal((2, 16, 32, 3), seed=1),
  is_valid=np.ones(LABELS.shape, bool),
)
WEIGHTS = np.array(
  [1.0, 0.0], np.float32
)  # Of the comparison with photographs.


def build(config):
  module = discriminator.build(config, None)
  return module, discriminator.losses(config, module, axis_name=None)


@pytest.fixture(scope='module')
def variables():
  module, _ = build(CONFIG)
  stats = random_arrays.variables(
    module, VIEWS.label_map, VIEWS.instance_map, VIEWS.real
  )
  return stats.pop('params'), stats


def run(adversary, params, stats):
  terms, g_stats = adversary.generator_terms(params, stats, VIEWS, WEIGHTS)
  loss, (metrics, d_stats) = adversary.discriminator_loss(
    params, stats, VIEWS, step=jnp.int32(3), update_stats=True
  )
  return terms, g_stats, loss, metrics, d_stats


def test_losses_are_the_weighted_sums_of_those_of_each_alone(variables):
  params, stats = variables
  terms, g_stats, loss, metrics, d_stats = run(build(CONFIG)[1], *variables)
  alone = {
    part: run(
      build(config)[1],
      params[part],
      {name: collection[part] for name, collection in stats.items()},
    )
    for part, config in PARTS.items()
  }
  patch, segmentation = (
    each[0].pop('g_adversarial') for each in alone.values()
  )
  assert float(terms.pop('g_adversarial')) == pytest.approx(
    float(patch + 0.25 * segmentation), rel=1e-6
  )
  assert set(terms) == {'g_feature_matching'}
  expected = alone['patch'][0]['g_feature_matching']
  np.testing.assert_allclose(terms['g_feature_matching'], expected, rtol=1e-6)
  assert float(loss) == pytest.approx(
    float(sum(each[2] for each in alone.values())), rel=1e-6
  )
  assert set(metrics) == {
    *('d_logits_real', 'd_logits_fake'),
    *('d_real', 'd_fake', 'd_label_mix'),
  }
  for which, joined in ((1, g_stats), (4, d_stats)):
    for name, collection in joined.items():
      expected = {part: each[which][name] for part, each in alone.items()}
      jax.tree.map(np.testing.assert_array_equal, collection, expected)
      assert jax.tree.structure(collection) == jax.tree.structure(stats[name])
