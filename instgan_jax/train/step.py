"""One update of the generator, then one of the discriminator."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import optax

from data_pipeline import batch as batch_lib
from instgan_jax.losses import absolute_difference, mode_seeking, perceptual
from instgan_jax.train import adversary as adversary_lib
from instgan_jax.train import augmentation, generation
from instgan_jax.train import ema as ema_lib
from instgan_jax.train import example as example_lib
from instgan_jax.train import networks as networks_lib
from instgan_jax.train import state as state_lib
from instgan_jax.train import views as views_lib

Tree = Any


@dataclasses.dataclass(frozen=True)
class LossWeights:
  """Weights beside GauGAN's adversarial loss, which has 1.

  Attributes:
    feature_matching: GauGAN's default, as the next two; without effect on a
      segmentation discriminator, which has none.
    perceptual: of VGG19's features.
    kl: of the style encoder of the whole image.
    instance_kl: of the instance encoder.
    segmentation: of the adversarial loss of a segmentation discriminator that
      is beside GauGAN's, in the generator's; alone it has 1.
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
  segmentation: float = 1.0
  label_mix: float = 10.0
  l1: float = 5.0
  diversity: float = 0.0


@dataclasses.dataclass(frozen=True)
class Optimizers:
  """Two time-scale optimizers (arXiv:1706.08500)."""

  generator: optax.GradientTransformation
  discriminator: optax.GradientTransformation


@dataclasses.dataclass(frozen=True)
class TrainStep:
  """The pure function `step(state, batch, vgg19) -> (state, metrics)`.

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

  A batch is what `data_pipeline.batch` describes, for one device; `vgg19` are
  the variables of `networks.vgg19`, None without it. The metrics are float32
  scalars, equal on all devices.

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

  networks: networks_lib.Networks
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
    self, state: state_lib.GanState, batch: Tree, vgg19: Tree = None
  ) -> tuple[state_lib.GanState, Tree]:
    """One update of both networks."""
    example = example_lib.prepare(
      batch,
      self.networks,
      seed=self.seed,
      prior_fraction=self.prior_fraction,
    )
    generator_loss = jax.value_and_grad(self._generator_loss, has_aux=True)
    (g_loss, (g_terms, fake, g_stats, d_stats)), g_grads = generator_loss(
      state.g_params,
      state.g_stats,
      state.d_params,
      state.d_stats,
      example,
      vgg19,
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

  def _generate(self, g_params: Tree, g_stats: Tree, example):
    return generation.generate(
      self.networks, g_params, g_stats, example, axis_name=self.axis_name
    )

  def _generator_loss(
    self, g_params, g_stats, d_params, d_stats, example, vgg19
  ):
    old_stats = g_stats
    fake, divergences, g_stats = self._generate(g_params, g_stats, example)
    terms, d_stats = self.adversary.generator_terms(
      d_params, d_stats, self._views(example, fake), example.image_weights
    )
    weights, networks = self.loss_weights, self.networks
    if networks.vgg19 is not None:
      terms['g_perceptual'] = weights.perceptual * perceptual.perceptual_loss(
        real_features=networks.vgg19(vgg19, example.image),
        fake_features=networks.vgg19(vgg19, fake),
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
      is_instance = (example.known_instance_map > 0)[..., None]
      terms['g_l1'] = weights.l1 * absolute_difference.mean_absolute_difference(
        real=example.image * is_instance,
        fake=fake * is_instance,
        image_weights=example.image_weights,
      )
    if weights.diversity:
      others, latents = generation.generate_others(
        networks, g_params, old_stats, example, self.seed
      )
      terms['g_diversity'] = weights.diversity * mode_seeking.mode_seeking_loss(
        images=(fake, others),
        latents=latents,
        instance_map=example.known_instance_map,
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

  def _views(
    self, example: example_lib.Example, fake: jax.Array
  ) -> views_lib.Views:
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
