"""What the train step asks of a discriminator's losses."""

from typing import Any, Protocol

import jax

from instgan_jax.train import views as views_lib

Tree = Any


class Adversary(Protocol):
  """Of a discriminator: `patch_adversary` or `segmentation_adversary`."""

  def generator_terms(
    self,
    d_params: Tree,
    d_stats: Tree,
    views: views_lib.Views,
    image_weights: jax.Array | None,
  ) -> tuple[dict[str, jax.Array], Tree]:
    """Weighted losses of the generator by name, and new statistics.

    Args:
      d_params: the discriminator's.
      d_stats: its statistics.
      views: of the batch.
      image_weights: [B], of losses that compare an image with its photograph;
        None for 1 each.
    """
    ...

  def discriminator_loss(
    self,
    d_params: Tree,
    d_stats: Tree,
    views: views_lib.Views,
    *,
    step: jax.Array,
    update_stats: bool,
  ) -> tuple[jax.Array, tuple[dict[str, jax.Array], Tree]]:
    """The discriminator's loss, its metrics by name and new statistics.

    Args:
      d_params: the discriminator's.
      d_stats: its statistics.
      views: of the batch.
      step: of the training, on which what is random depends.
      update_stats: whether the statistics move.
    """
    ...
