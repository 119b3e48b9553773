"""One update of the generator, then one of the discriminator."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

from data_pipeline import batch as batch_lib
from instgan_jax.losses import (
  absolute_difference,
  kl,
  mode_seeking,
  perceptual,
)
from instgan_jax.models import encoder as encoder_lib
from instgan_jax.models import latent_stats
from instgan_jax.runtime import image_range
from instgan_jax.train import adversary as adversary_lib
from instgan_jax.train import augmentation, randomness
from instgan_jax.train import ema as ema_lib
from instgan_jax.train import state as state_lib
from instgan_jax.train import views as views_lib

Tree = Any
Features = Callable[[jax.Array], tuple[jax.Array, ...]]


@dataclasses.dataclass(frozen=True)
class LossWeights:
  """Weights beside the adversarial loss, which has 1.

  Attributes:
    feature_matching: GauGAN's default, as the next two; without effect on a
      segmentation discriminator, which has none.
    perceptual: of VGG19's features.
    kl: of the style encoder of the whole image.
    instance_kl: of the instance encoder.
    label_mix: of the segmentation discriminator (OASIS: 10, Cityscapes 5).
    l1: of the colors, in [-1, 1], of encoded instances, as a mean over all
      pixels; with an instance encoder alone.
    diversity: of mode seeking inside instances; 0 for none, which saves a
      forward pass.
  """

  feature_matching: float = 10.0
  perceptual: float = 10.0
  kl: float = 0.05
  instance_kl: float = 0.01
  label_mix: float = 10.0
  l1: float = 5.0
  diversity: float = 0.0


@dataclasses.dataclass(frozen=True)
class Networks:
  """The modules of one training run.

  Attributes:
    generator: `(label_map, instance_map, latents, image_style) -> image`.
    discriminator: `(label_map, instance_map, image)` -> what its adversary
      takes.
    encoder: `image -> (mean, log_variance)` of the image style, or None.
    instance_encoder: `(image, instance_map) -> (mean, log_variance)` of the
      instance latents, or None.
    vgg19: `image -> features` with its frozen weights inside, or None.
    latent_shape: (instances, values) of the instance latents of an example.
  """

  generator: nn.Module
  discriminator: nn.Module
  encoder: nn.Module | None = None
  instance_encoder: nn.Module | None = None
  vgg19: Features | None = None
  latent_shape: tuple[int, int] = (batch_lib.MAX_INSTANCES, 64)


@dataclasses.dataclass(frozen=True)
class Optimizers:
  """Two time-scale optimizers (arXiv:1706.08500)."""

  generator: optax.GradientTransformation
  discriminator: optax.GradientTransformation


@dataclasses.dataclass(frozen=True)
class _Example:
  """A batch as the networks take it: the image in [-1, 1], the ids int32.

  With an instance encoder `latents` are its noise in all images but those of
  `is_prior`, and `image_weights` those of the losses that compare with the
  photograph: 0 where `is_prior`, and of mean 1. Both are None without.
  """

  image: jax.Array
  label_map: jax.Array
  instance_map: jax.Array
  latents: jax.Array
  style_noise: Any
  is_prior: Any
  image_weights: Any
  position: jax.Array


@dataclasses.dataclass(frozen=True, eq=False)
class TrainStep:
  """The pure function `step(state, batch) -> (state, metrics)`.

  By default it is GauGAN's step: the generator moves first, then generates
  again for the discriminator, in training mode, without gradient. (One detail
  differs: with a style encoder, GauGAN's second images have noise of their own;
  ours have that of the first.) With `share_generator_forward` both losses use
  the same images and both networks move at once: a fifth less work, and a
  discriminator that is trained on images from before the generator's update.

  With an instance encoder, a share `prior_fraction` of the images is generated
  with latents of N(0, 1) and meets the discriminator alone. The others have the
  latents of the photograph's own instances, so that comparing them with it, by
  features and colors, does not pull every instance to the mean of its class.

  A batch is what `data_pipeline.batch` describes, for one device; the metrics
  are float32 scalars, equal on all devices.

  Attributes:
    networks: the modules. Those with batch norm must have the same axis name.
    adversary: the losses of their discriminator: `patch_adversary` or
      `segmentation_adversary`.
    optimizers: one for each side.
    seed: of the latents.
    loss_weights: beside the adversarial loss.
    augmentation: kinds of `augmentation.KINDS`, of what the discriminator sees.
    prior_fraction: share of the images, with an instance encoder; below 1.
    ema_decay: of the generator's moving average, 0 for none.
    share_generator_forward: whether both losses use the same images.
    axis_name: of the devices' axis under `pmap`; None on one device.
  """

  networks: Networks
  adversary: adversary_lib.Adversary
  optimizers: Optimizers
  seed: int
  loss_weights: LossWeights = LossWeights()
  augmentation: tuple[str, ...] = ()
  prior_fraction: float = 0.5
  ema_decay: float = 0.0
  share_generator_forward: bool = False
  axis_name: str | None = None

  def __call__(
    self, state: state_lib.GanState, batch: Tree
  ) -> tuple[state_lib.GanState, Tree]:
    """One update of both networks."""
    example = self._prepare(batch)
    generator_loss = jax.value_and_grad(self._generator_loss, has_aux=True)
    (g_loss, (g_terms, fake, g_stats, d_stats)), g_grads = generator_loss(
      state.g_params, state.g_stats, state.d_params, state.d_stats, example
    )
    g_grads = self._mean_over_devices(g_grads)
    updates, g_opt_state = self.optimizers.generator.update(
      g_grads, state.g_opt_state, state.g_params
    )
    g_params = optax.apply_updates(state.g_params, updates)

    if not self.share_generator_forward:
      fake, _, g_stats = self._generate(g_params, g_stats, example)
    discriminator_loss = jax.value_and_grad(
      self._discriminator_loss, has_aux=True
    )
    (d_loss, (d_terms, d_stats)), d_grads = discriminator_loss(
      state.d_params,
      d_stats,
      example,
      jax.lax.stop_gradient(fake),
      state.step,
    )
    d_grads = self._mean_over_devices(d_grads)
    updates, d_opt_state = self.optimizers.discriminator.update(
      d_grads, state.d_opt_state, state.d_params
    )

    dropped = batch[batch_lib.NUM_DROPPED_INSTANCES].astype(jnp.float32)
    losses = {'g_loss': g_loss, 'd_loss': d_loss, **g_terms, **d_terms}
    metrics = self._mean_over_devices(
      {**losses, 'num_dropped_instances': jnp.mean(dropped)}
    )
    metrics['g_grad_norm'] = optax.tree.norm(g_grads)
    metrics['d_grad_norm'] = optax.tree.norm(d_grads)
    new_state = state.replace(
      step=state.step + 1,
      g_params=g_params,
      g_stats=g_stats,
      g_opt_state=g_opt_state,
      d_params=optax.apply_updates(state.d_params, updates),
      d_stats=d_stats,
      d_opt_state=d_opt_state,
    )
    return ema_lib.update(new_state, self.ema_decay), metrics

  def _mean_over_devices(self, tree: Tree) -> Tree:
    if self.axis_name is None:
      return tree
    return jax.lax.pmean(tree, self.axis_name)

  def _prepare(self, batch: Tree) -> _Example:
    """Normalizes the images and samples the latents of a batch."""
    position = batch[batch_lib.POSITION]
    style_noise = None
    if self.networks.encoder is not None:
      style_noise = randomness.example_normal(
        randomness.stream_key(self.seed, randomness.IMAGE_STYLE),
        position,
        (self.networks.encoder.style_dim,),
      )
    is_prior = image_weights = None
    if self.networks.instance_encoder is not None:
      is_prior = randomness.example_share(
        randomness.stream_key(self.seed, randomness.PRIOR_IMAGES),
        position,
        self.prior_fraction,
      )
      image_weights = jnp.where(
        is_prior, 0.0, 1.0 / (1.0 - self.prior_fraction)
      )
    return _Example(
      image=image_range.normalize(batch[batch_lib.IMAGE]),
      label_map=batch[batch_lib.LABEL_MAP].astype(jnp.int32),
      instance_map=batch[batch_lib.INSTANCE_MAP].astype(jnp.int32),
      latents=randomness.example_normal(
        randomness.stream_key(self.seed, randomness.INSTANCE_LATENTS),
        position,
        self.networks.latent_shape,
      ),
      style_noise=style_noise,
      is_prior=is_prior,
      image_weights=image_weights,
      position=position,
    )

  def _generate(self, g_params: Tree, g_stats: Tree, example: _Example):
    """Fake images in training mode, KL divergences, and new statistics."""
    styles, divergences, new_stats = self._styles(g_params, g_stats, example)
    own_stats = dict(new_stats['generator'])
    encoded_stats = own_stats.pop(latent_stats.COLLECTION, None)
    fake, new_stats['generator'] = self.networks.generator.apply(
      {'params': g_params['generator'], **own_stats},
      example.label_map,
      example.instance_map,
      *styles,
      train=True,
      mutable=list(own_stats),
    )
    if encoded_stats is not None:
      new_stats['generator'][latent_stats.COLLECTION] = encoded_stats
    return fake, divergences, new_stats

  def _styles(self, g_params: Tree, g_stats: Tree, example: _Example):
    """Latents and image style, KL divergences, and new statistics."""
    new_stats = dict(g_stats)
    image_style, divergences = None, {}
    if self.networks.encoder is not None:
      (mean, log_variance), new_stats['encoder'] = self.networks.encoder.apply(
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
    if self.networks.instance_encoder is not None:
      latents, mean, divergences['g_instance_kl'] = self._encode_instances(
        g_params, example
      )
      new_stats['generator'] = {
        **g_stats['generator'],
        latent_stats.COLLECTION: latent_stats.update(
          g_stats['generator'][latent_stats.COLLECTION],
          mean,
          example.instance_map,
          axis_name=self.axis_name,
        ),
      }
    return (latents, image_style), divergences, new_stats

  def _encode_instances(self, g_params: Tree, example: _Example):
    """The latents of the batch, their means, and the KL of an instance."""
    encoder: Any = self.networks.instance_encoder
    mean, log_variance = encoder.apply(
      {'params': g_params['instance_encoder']},
      example.image,
      example.instance_map,
    )
    encoded = encoder_lib.sample_style(mean, log_variance, example.latents)
    is_prior = example.is_prior[:, None, None]
    divergence = kl.instance_kl_loss(
      mean=mean,
      log_variance=log_variance,
      num_instances=jnp.max(example.instance_map, axis=(1, 2)),
    )
    return jnp.where(is_prior, example.latents, encoded), mean, divergence

  def _diversity(self, g_params, g_stats, example, fake) -> jax.Array:
    """How little changes with the latents, beside images of other ones."""
    (latents, image_style), _, _ = self._styles(g_params, g_stats, example)
    others = randomness.example_normal(
      randomness.stream_key(self.seed, randomness.OTHER_LATENTS),
      example.position,
      self.networks.latent_shape,
    )
    # Half of the work: the gradient goes through the first images alone.
    other_fake: Any = self.networks.generator.apply(
      jax.lax.stop_gradient(
        {'params': g_params['generator'], **g_stats['generator']}
      ),
      example.label_map,
      example.instance_map,
      others,
      jax.lax.stop_gradient(image_style),
      train=True,
    )
    return mode_seeking.mode_seeking_loss(
      images=(fake, other_fake),
      latents=(jax.lax.stop_gradient(latents), others),
      instance_map=example.instance_map,
    )

  def _generator_loss(self, g_params, g_stats, d_params, d_stats, example):
    old_stats = g_stats
    fake, divergences, g_stats = self._generate(g_params, g_stats, example)
    terms, d_stats = self.adversary.generator_terms(
      d_params, d_stats, self._views(example, fake), example.image_weights
    )
    weights, networks = self.loss_weights, self.networks
    if networks.vgg19 is not None:
      terms['g_perceptual'] = weights.perceptual * perceptual.perceptual_loss(
        real_features=networks.vgg19(example.image),
        fake_features=networks.vgg19(fake),
        image_weights=example.image_weights,
      )
    if networks.encoder is not None:
      # A sum over the batch of all devices, where all else is a mean.
      num_devices = 1
      if self.axis_name is not None:
        num_devices = jax.lax.psum(1, self.axis_name)
      terms['g_kl'] = weights.kl * divergences['g_kl'] * num_devices
    if networks.instance_encoder is not None:
      terms['g_instance_kl'] = (
        weights.instance_kl * divergences['g_instance_kl']
      )
      # Of instances alone: for all else the image has no style of its own.
      is_instance = (example.instance_map > 0)[..., None]
      terms['g_l1'] = weights.l1 * absolute_difference.mean_absolute_difference(
        real=example.image * is_instance,
        fake=fake * is_instance,
        image_weights=example.image_weights,
      )
    if weights.diversity:
      terms['g_diversity'] = weights.diversity * self._diversity(
        g_params, old_stats, example, fake
      )
    return sum(terms.values()), (terms, fake, g_stats, d_stats)

  def _discriminator_loss(self, d_params, d_stats, example, fake, step):
    return self.adversary.discriminator_loss(
      d_params,
      d_stats,
      self._views(example, fake),
      step=step,
      # With a shared forward the generator's loss has moved the statistics.
      update_stats=not self.share_generator_forward,
    )

  def _views(self, example: _Example, fake: jax.Array) -> views_lib.Views:
    views = views_lib.Views(
      example.label_map,
      example.instance_map,
      example.image,
      fake,
      is_valid=jnp.ones(example.label_map.shape, bool),
    )
    return augmentation.augment(
      views, self.augmentation, seed=self.seed, position=example.position
    )
