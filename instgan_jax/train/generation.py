"""Generated images of a batch, in training mode."""

from typing import Any

import jax
import jax.numpy as jnp

from instgan_jax.losses import kl
from instgan_jax.models import encoder as encoder_lib
from instgan_jax.models import latent_stats
from instgan_jax.train import example as example_lib
from instgan_jax.train import networks as networks_lib
from instgan_jax.train import randomness

Tree = Any


def generate(
  networks: networks_lib.Networks,
  g_params: Tree,
  g_stats: Tree,
  example: example_lib.Example,
  *,
  axis_name: str | None,
) -> tuple[jax.Array, dict[str, jax.Array], Tree]:
  """Generated images, KL divergences of the encoders, and new statistics.

  Args:
    networks: of the run.
    g_params: of the generator's side, by network.
    g_stats: its statistics, by network.
    example: the batch.
    axis_name: of the devices that share the batch; None for one.

  Returns:
    float32 [B, H, W, 3] in [-1, 1]; scalars `g_kl` and `g_instance_kl`, of the
    encoders that there are; statistics like `g_stats`.
  """
  styles, divergences, new_stats, means = _styles(
    networks, g_params, g_stats, example
  )
  own_stats = dict(g_stats['generator'])
  encoded_stats = own_stats.pop(latent_stats.COLLECTION, None)
  fake, new_stats['generator'] = networks.generator.apply(
    {'params': g_params['generator'], **own_stats},
    example.label_map,
    example.instance_map,
    *styles,
    train=True,
    mutable=list(own_stats),
  )
  if encoded_stats is not None:
    new_stats['generator'][latent_stats.COLLECTION] = latent_stats.update(
      encoded_stats, means, example.instance_map, axis_name=axis_name
    )
  return fake, divergences, new_stats


def generate_others(
  networks: networks_lib.Networks,
  g_params: Tree,
  g_stats: Tree,
  example: example_lib.Example,
  seed: int,
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
  """Images of the same scenes with other latents, without gradient.

  The gradient of mode seeking goes through the images of `generate` alone,
  which halves its work.

  Args:
    networks: of the run.
    g_params: as in `generate`.
    g_stats: as in `generate`.
    example: the batch.
    seed: of the latents.

  Returns:
    The images, and the latents [B, N, D] of `generate`'s and of these.
  """
  (latents, image_style), *_ = _styles(networks, g_params, g_stats, example)
  others = randomness.example_normal(
    randomness.stream_key(seed, randomness.OTHER_LATENTS),
    example.position,
    networks.latent_shape,
  )
  images: Any = networks.generator.apply(
    jax.lax.stop_gradient(
      {'params': g_params['generator'], **g_stats['generator']}
    ),
    example.label_map,
    example.instance_map,
    others,
    jax.lax.stop_gradient(image_style),
    train=True,
  )
  return images, (jax.lax.stop_gradient(latents), others)


def _styles(
  networks: networks_lib.Networks,
  g_params: Tree,
  g_stats: Tree,
  example: example_lib.Example,
):
  """Latents and image style, KL divergences, new statistics, encoded means."""
  new_stats = dict(g_stats)
  image_style, divergences, means = None, {}, None
  if networks.encoder is not None:
    (mean, log_variance), new_stats['encoder'] = networks.encoder.apply(
      {'params': g_params['encoder'], **g_stats['encoder']},
      example.image,
      train=True,
      mutable=list(g_stats['encoder']),
    )
    image_style = encoder_lib.sample_style(
      mean, log_variance, example.style_noise
    )
    divergences['g_kl'] = kl.kl_loss(mean=mean, log_variance=log_variance)
  latents = example.latents
  if networks.instance_encoder is not None:
    latents, means, divergences['g_instance_kl'] = _encode_instances(
      networks.instance_encoder, g_params['instance_encoder'], example
    )
  return (latents, image_style), divergences, new_stats, means


def _encode_instances(
  encoder: Any, params: Tree, example: example_lib.Example
) -> tuple[jax.Array, jax.Array, jax.Array]:
  """The latents of the batch, their means, and the KL of an instance."""
  mean, log_variance = encoder.apply(
    {'params': params}, example.image, example.instance_map
  )
  encoded = encoder_lib.sample_style(mean, log_variance, example.latents)
  is_prior = example.is_prior[:, None, None]
  divergence = kl.instance_kl_loss(
    mean=mean,
    log_variance=log_variance,
    num_instances=jnp.max(example.instance_map, axis=(1, 2)),
  )
  return jnp.where(is_prior, example.latents, encoded), mean, divergence
