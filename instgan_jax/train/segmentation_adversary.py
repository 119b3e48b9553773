"""The losses of OASIS's discriminator in training (arXiv:2012.04781)."""

import dataclasses
from typing import Any

import jax

from instgan_jax.losses import segmentation_adversarial
from instgan_jax.train import randomness
from instgan_jax.train import views as views_lib

Tree = Any


@dataclasses.dataclass(frozen=True)
class SegmentationAdversary:
  """A discriminator that segments, with LabelMix.

  Attributes:
    discriminator: `models.segmentation_discriminator`.
    label_mix: weight of the consistency of mixed images.
    seed: of the mixes.
    axis_name: of the devices, which share the class weights; None for one.
  """

  discriminator: Any
  label_mix: float
  seed: int
  axis_name: str | None = None

  def generator_terms(
    self, d_params: Tree, d_stats: Tree, views: views_lib.Views, image_weights
  ) -> tuple[dict[str, jax.Array], Tree]:
    """The cross entropy with the labels, see `adversary`.

    No image is compared with its photograph: image weights are not used.
    """
    del image_weights
    logits, d_stats = self._discriminate_and_update(d_params, d_stats, views)
    loss = segmentation_adversarial.labels_loss(
      logits=logits,
      label_map=views.label_map,
      pixel_weights=self._class_weights(views),
    )
    return {'g_adversarial': loss}, d_stats

  def discriminator_loss(
    self,
    d_params: Tree,
    d_stats: Tree,
    views: views_lib.Views,
    *,
    step: jax.Array,
    update_stats: bool,
  ):
    """Cross entropies and LabelMix, see `adversary`."""
    if update_stats:
      fake_logits, d_stats = self._discriminate_and_update(
        d_params, d_stats, views
      )
    variables = {'params': d_params, **d_stats}

    def discriminate(image: jax.Array) -> jax.Array:
      return self.discriminator.apply(
        variables, views.label_map, views.instance_map, image, train=True
      )

    if not update_stats:
      fake_logits = discriminate(views.fake)
    real_logits = discriminate(views.real)
    is_real = self.mixed_from_real(views.label_map, step)
    mixed = segmentation_adversarial.mix(is_real, views.real, views.fake)
    metrics = {
      'd_real': segmentation_adversarial.labels_loss(
        logits=real_logits,
        label_map=views.label_map,
        pixel_weights=self._class_weights(views),
      ),
      'd_fake': segmentation_adversarial.generated_loss(
        logits=fake_logits, is_valid=views.is_valid
      ),
      'd_label_mix': self.label_mix
      * segmentation_adversarial.label_mix_loss(
        mixed_logits=discriminate(mixed),
        real_logits=real_logits,
        generated_logits=fake_logits,
        is_real=is_real,
      ),
    }
    return sum(metrics.values()), (metrics, d_stats)

  def _discriminate_and_update(self, d_params, d_stats, views):
    """Logits of the fake images, and new statistics."""
    return self.discriminator.apply(
      {'params': d_params, **d_stats},
      views.label_map,
      views.instance_map,
      views.fake,
      train=True,
      mutable=list(d_stats),
    )

  def _class_weights(self, views: views_lib.Views) -> jax.Array:
    return segmentation_adversarial.class_weights(
      views.label_map,
      views.is_valid,
      num_labels=self.discriminator.num_labels,
      axis_name=self.axis_name,
    )

  def mixed_from_real(self, label_map: jax.Array, step: jax.Array) -> jax.Array:
    """LabelMix's mask: of each label one coin, for the batch of all devices.

    Args:
      label_map: [B, H, W].
      step: of the training.

    Returns:
      bool [B, H, W], the pixels that mixed images have of real ones.
    """
    key = randomness.stream_key(self.seed, randomness.LABEL_MIX)
    coins = jax.random.bernoulli(
      jax.random.fold_in(key, step), shape=(self.discriminator.num_labels,)
    )
    return coins[label_map]
