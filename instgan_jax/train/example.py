"""A batch as the networks take it, with all that is random in it."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from data_pipeline import batch as batch_lib
from instgan_jax.runtime import image_range
from instgan_jax.train import networks as networks_lib
from instgan_jax.train import randomness

Tree = Any


@dataclasses.dataclass(frozen=True)
class Example:
  """A batch: the image in [-1, 1], the ids int32.

  With an instance encoder `latents` are its noise in all images but those of
  `is_prior`, and `image_weights` those of the losses that compare with the
  photograph: 0 where `is_prior`, and of mean 1. Both are None without.
  `known_instance_map` is 0 in images whose objects are unknown, where a class
  is one instance: losses of single instances leave them out.
  """

  image: jax.Array
  label_map: jax.Array
  instance_map: jax.Array
  known_instance_map: jax.Array
  latents: jax.Array
  style_noise: Any
  is_prior: Any
  image_weights: Any
  position: jax.Array


def prepare(
  batch: Tree,
  networks: networks_lib.Networks,
  *,
  seed: int,
  prior_fraction: float,
) -> Example:
  """Normalizes the images and samples the latents of a batch.

  Args:
    batch: see `data_pipeline.batch`.
    networks: of the run.
    seed: of the latents.
    prior_fraction: share of `is_prior`, with an instance encoder; below 1.
  """
  position = batch[batch_lib.POSITION]
  instance_map = batch[batch_lib.INSTANCE_MAP].astype(jnp.int32)
  is_known = batch.get(
    batch_lib.HAS_INSTANCE_MAP, jnp.ones(len(position), bool)
  )
  style_noise = None
  if networks.encoder is not None:
    style_noise = randomness.example_normal(
      randomness.stream_key(seed, randomness.IMAGE_STYLE),
      position,
      (networks.encoder.style_dim,),
    )
  is_prior = image_weights = None
  if networks.instance_encoder is not None:
    is_prior = randomness.example_share(
      randomness.stream_key(seed, randomness.PRIOR_IMAGES),
      position,
      prior_fraction,
    )
    image_weights = jnp.where(is_prior, 0.0, 1.0 / (1.0 - prior_fraction))
  return Example(
    image=image_range.normalize(batch[batch_lib.IMAGE]),
    label_map=batch[batch_lib.LABEL_MAP].astype(jnp.int32),
    instance_map=instance_map,
    known_instance_map=jnp.where(is_known[:, None, None], instance_map, 0),
    latents=randomness.example_normal(
      randomness.stream_key(seed, randomness.INSTANCE_LATENTS),
      position,
      networks.latent_shape,
    ),
    style_noise=style_noise,
    is_prior=is_prior,
    image_weights=image_weights,
    position=position,
  )
