"""The losses of GauGAN's discriminator: hinge and feature matching."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from instgan_jax.losses import adversarial, feature_matching
from instgan_jax.train import views as views_lib

Tree = Any


@dataclasses.dataclass(frozen=True)
class PatchAdversary:
  """A multi-scale patch discriminator in training.

  Attributes:
    discriminator: `models.discriminator.MultiscaleDiscriminator`.
    feature_matching: weight of the loss of that name.
  """

  discriminator: nn.Module
  feature_matching: float

  def generator_terms(
    self, d_params: Tree, d_stats: Tree, views: views_lib.Views, image_weights
  ) -> tuple[dict[str, jax.Array], Tree]:
    """The hinge loss and feature matching, see `adversary`."""
    fake_features, real_features, d_stats = self._discriminate(
      d_params, d_stats, views
    )
    terms = {
      'g_adversarial': adversarial.multiscale_hinge_generator_loss(
        fake_features=fake_features
      ),
      'g_feature_matching': self.feature_matching
      * feature_matching.feature_matching_loss(
        real_features=real_features,
        fake_features=fake_features,
        image_weights=image_weights,
      ),
    }
    return terms, d_stats

  def discriminator_loss(
    self,
    d_params: Tree,
    d_stats: Tree,
    views: views_lib.Views,
    *,
    step: jax.Array,
    update_stats: bool,
  ):
    """The hinge loss, see `adversary`. Nothing is random: no step is used."""
    del step
    fake_features, real_features, d_stats = self._discriminate(
      d_params, d_stats, views, update_stats=update_stats
    )
    loss = adversarial.multiscale_hinge_discriminator_loss(
      real_features=real_features, fake_features=fake_features
    )
    metrics = {
      'd_logits_real': _mean_logits(real_features),
      'd_logits_fake': _mean_logits(fake_features),
    }
    return loss, (metrics, d_stats)

  def _discriminate(
    self,
    d_params: Tree,
    d_stats: Tree,
    views: views_lib.Views,
    *,
    update_stats: bool = True,
  ):
    """Features of fake and real under one spectral norm, new statistics.

    GauGAN discriminates both in one batch. The discriminator normalizes
    instances, so two passes are the same function when they share the
    statistics.
    """
    maps = views.label_map, views.instance_map
    if update_stats:
      fake_features, d_stats = self.discriminator.apply(
        {'params': d_params, **d_stats},
        *maps,
        views.fake,
        train=True,
        mutable=list(d_stats),
      )
    variables = {'params': d_params, **d_stats}
    if not update_stats:
      fake_features = self.discriminator.apply(
        variables, *maps, views.fake, train=True
      )
    real_features = self.discriminator.apply(
      variables, *maps, views.real, train=True
    )
    return fake_features, real_features, d_stats


def _mean_logits(features) -> jax.Array:
  return jnp.mean(jnp.stack([jnp.mean(scale[-1]) for scale in features]))
