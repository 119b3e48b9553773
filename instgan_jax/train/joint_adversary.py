"""The losses of two discriminators of the same image in training."""

import dataclasses
from typing import Any

import jax

from instgan_jax.models import joint_discriminator
from instgan_jax.train import adversary
from instgan_jax.train import views as views_lib

Tree = Any
_PARTS = joint_discriminator.PARTS


@dataclasses.dataclass(frozen=True)
class JointAdversary:
  """The losses of both parts of `models.joint_discriminator`, added.

  Attributes:
    patch: `patch_adversary`.
    segmentation: `segmentation_adversary`.
    segmentation_weight: of what the generator loses to the second.
  """

  patch: adversary.Adversary
  segmentation: adversary.Adversary
  segmentation_weight: float = 1.0

  def generator_terms(
    self, d_params: Tree, d_stats: Tree, views: views_lib.Views, image_weights
  ) -> tuple[dict[str, jax.Array], Tree]:
    """The terms of both, see `adversary`; `g_adversarial` is a weighted sum."""
    patch, segmentation = (
      getattr(self, part).generator_terms(
        d_params[part], _of_part(d_stats, part), views, image_weights
      )
      for part in _PARTS
    )
    terms = patch[0] | segmentation[0]
    terms['g_adversarial'] = (
      patch[0]['g_adversarial']
      + self.segmentation_weight * segmentation[0]['g_adversarial']
    )
    return terms, _joined(patch[1], segmentation[1])

  def discriminator_loss(
    self,
    d_params: Tree,
    d_stats: Tree,
    views: views_lib.Views,
    *,
    step: jax.Array,
    update_stats: bool,
  ):
    """The sum of both losses, see `adversary`."""
    losses, extras = zip(
      *(
        getattr(self, part).discriminator_loss(
          d_params[part],
          _of_part(d_stats, part),
          views,
          step=step,
          update_stats=update_stats,
        )
        for part in _PARTS
      ),
      strict=True,
    )
    (patch, patch_stats), (segmentation, segmentation_stats) = extras
    return sum(losses), (
      patch | segmentation,
      _joined(patch_stats, segmentation_stats),
    )


def _of_part(stats: Tree, part: str) -> Tree:
  """Its share of the collections of both."""
  return {name: collection[part] for name, collection in stats.items()}


def _joined(*of_parts: Tree) -> Tree:
  """The collections of both, of those of each."""
  return {
    name: dict(zip(_PARTS, (stats[name] for stats in of_parts), strict=True))
    for name in of_parts[0]
  }
