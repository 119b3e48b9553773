"""One update of the generator, then one of the discriminator."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

from data_pipeline import batch as batch_lib
from instgan_jax.losses import adversarial, feature_matching, kl, perceptual
from instgan_jax.models import encoder as encoder_lib
from instgan_jax.runtime import image_range
from instgan_jax.train import ema as ema_lib
from instgan_jax.train import randomness
from instgan_jax.train import state as state_lib

Tree = Any
Features = Callable[[jax.Array], tuple[jax.Array, ...]]


@dataclasses.dataclass(frozen=True)
class LossWeights:
  """Weights beside the adversarial loss, which has 1 (GauGAN's defaults)."""

  feature_matching: float = 10.0
  perceptual: float = 10.0
  kl: float = 0.05


@dataclasses.dataclass(frozen=True)
class Networks:
  """The modules of one training run.

  Attributes:
    generator: `(label_map, instance_map, latents, image_style) -> image`.
    discriminator: `(label_map, instance_map, image) -> features per scale`.
    encoder: `image -> (mean, log_variance)` of the image style, or None.
    vgg19: `image -> features` with its frozen weights inside, or None.
    latent_shape: (instances, values) of the instance latents of an example.
  """

  generator: nn.Module
  discriminator: nn.Module
  encoder: nn.Module | None = None
  vgg19: Features | None = None
  latent_shape: tuple[int, int] = (batch_lib.MAX_INSTANCES, 64)


@dataclasses.dataclass(frozen=True)
class Optimizers:
  """Two time-scale optimizers (arXiv:1706.08500)."""

  generator: optax.GradientTransformation
  discriminator: optax.GradientTransformation


@dataclasses.dataclass(frozen=True)
class _Example:
  """A batch as the networks take it: the image in [-1, 1], the ids int32."""

  image: jax.Array
  label_map: jax.Array
  instance_map: jax.Array
  latents: jax.Array
  style_noise: Any


@dataclasses.dataclass(frozen=True, eq=False)
class TrainStep:
  """The pure function `step(state, batch) -> (state, metrics)`.

  By default it is GauGAN's step: the generator moves first, then generates
  again for the discriminator, in training mode, without gradient. (One detail
  differs: with a style encoder, GauGAN's second images have noise of their own;
  ours have that of the first.) With `share_generator_forward` both losses use
  the same images and both networks move at once: a fifth less work, and a
  discriminator that is trained on images from before the generator's update.

  A batch is what `data_pipeline.batch` describes, for one device; the metrics
  are float32 scalars, equal on all devices.

  Attributes:
    networks: the modules. Those with batch norm must have the same axis name.
    optimizers: one for each side.
    seed: of the latents.
    loss_weights: beside the adversarial loss.
    ema_decay: of the generator's moving average, 0 for none.
    share_generator_forward: whether both losses use the same images.
    axis_name: of the devices' axis under `pmap`; None on one device.
  """

  networks: Networks
  optimizers: Optimizers
  seed: int
  loss_weights: LossWeights = LossWeights()
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
      state.d_params, d_stats, example, jax.lax.stop_gradient(fake)
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
    )

  def _generate(self, g_params: Tree, g_stats: Tree, example: _Example):
    """Fake images in training mode, the KL term, and the new statistics."""
    new_stats = dict(g_stats)
    image_style, kl_value = None, jnp.zeros(())
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
      kl_value = kl.kl_loss(mean=mean, log_variance=log_variance)
    fake, new_stats['generator'] = self.networks.generator.apply(
      {'params': g_params['generator'], **g_stats['generator']},
      example.label_map,
      example.instance_map,
      example.latents,
      image_style,
      train=True,
      mutable=list(g_stats['generator']),
    )
    return fake, kl_value, new_stats

  def _discriminate(
    self,
    d_params: Tree,
    d_stats: Tree,
    example: _Example,
    fake: jax.Array,
    *,
    update_stats: bool = True,
  ):
    """Features of fake and real under one spectral norm, new statistics.

    GauGAN discriminates both in one batch. The discriminator normalizes
    instances, so two passes are the same function when they share the
    statistics.
    """
    discriminator = self.networks.discriminator
    maps = example.label_map, example.instance_map
    if update_stats:
      fake_features, d_stats = discriminator.apply(
        {'params': d_params, **d_stats},
        *maps,
        fake,
        train=True,
        mutable=list(d_stats),
      )
    variables = {'params': d_params, **d_stats}
    if not update_stats:
      fake_features = discriminator.apply(variables, *maps, fake, train=True)
    real_features = discriminator.apply(
      variables, *maps, example.image, train=True
    )
    return fake_features, real_features, d_stats

  def _generator_loss(self, g_params, g_stats, d_params, d_stats, example):
    fake, kl_value, g_stats = self._generate(g_params, g_stats, example)
    fake_features, real_features, d_stats = self._discriminate(
      d_params, d_stats, example, fake
    )
    weights, networks = self.loss_weights, self.networks
    terms = {
      'g_adversarial': adversarial.multiscale_hinge_generator_loss(
        fake_features=fake_features
      ),
      'g_feature_matching': weights.feature_matching
      * feature_matching.feature_matching_loss(
        real_features=real_features, fake_features=fake_features
      ),
    }
    if networks.vgg19 is not None:
      terms['g_perceptual'] = weights.perceptual * perceptual.perceptual_loss(
        real_features=networks.vgg19(example.image),
        fake_features=networks.vgg19(fake),
      )
    if networks.encoder is not None:
      # A sum over the batch of all devices, where all else is a mean.
      num_devices = 1
      if self.axis_name is not None:
        num_devices = jax.lax.psum(1, self.axis_name)
      terms['g_kl'] = weights.kl * kl_value * num_devices
    return sum(terms.values()), (terms, fake, g_stats, d_stats)

  def _discriminator_loss(self, d_params, d_stats, example, fake):
    # With a shared forward the generator's loss has moved the statistics.
    fake_features, real_features, d_stats = self._discriminate(
      d_params,
      d_stats,
      example,
      fake,
      update_stats=not self.share_generator_forward,
    )
    loss = adversarial.multiscale_hinge_discriminator_loss(
      real_features=real_features, fake_features=fake_features
    )
    terms = {
      'd_logits_real': _mean_logits(real_features),
      'd_logits_fake': _mean_logits(fake_features),
    }
    return loss, (terms, d_stats)


def _mean_logits(features) -> jax.Array:
  return jnp.mean(jnp.stack([jnp.mean(scale[-1]) for scale in features]))


def initialize(
  networks: Networks,
  optimizers: Optimizers,
  *,
  seed: int,
  image_size: tuple[int, int],
  use_ema: bool = False,
) -> state_lib.GanState:
  """A fresh state: initial parameters, statistics and optimizer states.

  Call it under `jax.jit`: initializing every parameter by itself is slow.

  Args:
    networks: the modules.
    optimizers: one for each side.
    seed: of the initialization.
    image_size: (height, width) in pixels.
    use_ema: whether the step will keep a moving average.

  Returns:
    The state before the first step, on the default device.
  """

  root = randomness.stream_key(seed, randomness.INITIALIZATION)
  keys = jax.random.split(root, 3)
  label_map = jnp.zeros((1, *image_size), jnp.int32)
  image = jnp.zeros((1, *image_size, 3), jnp.float32)
  latents = jnp.zeros((1, *networks.latent_shape), jnp.float32)
  image_style, g_variables = None, {}
  if networks.encoder is not None:
    g_variables['encoder'] = networks.encoder.init(keys[2], image, train=False)
    image_style = jnp.zeros((1, networks.encoder.style_dim))
  g_variables['generator'] = networks.generator.init(
    keys[0], label_map, label_map, latents, image_style, train=False
  )
  d_variables = networks.discriminator.init(
    keys[1], label_map, label_map, image, train=False
  )
  g_params = {key: value.pop('params') for key, value in g_variables.items()}
  d_params = d_variables.pop('params')
  ema = {}
  if use_ema:
    ema = jax.tree.map(
      jnp.copy, ema_lib.averaged_variables(g_params, g_variables)
    )
  return state_lib.GanState(
    step=jnp.zeros((), jnp.int32),
    g_params=g_params,
    g_stats=g_variables,
    g_opt_state=optimizers.generator.init(g_params),
    d_params=d_params,
    d_stats=d_variables,
    d_opt_state=optimizers.discriminator.init(d_params),
    ema=ema,
  )
