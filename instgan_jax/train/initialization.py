"""The state of a GAN before its first step."""

import jax
import jax.numpy as jnp

from instgan_jax.models import latent_stats
from instgan_jax.train import ema as ema_lib
from instgan_jax.train import networks as networks_lib
from instgan_jax.train import randomness
from instgan_jax.train import state as state_lib
from instgan_jax.train import step as step_lib


def initialize(
  networks: networks_lib.Networks,
  optimizers: step_lib.Optimizers,
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
  if networks.instance_encoder is not None:
    # A key of its own, so that the other networks begin as without it.
    g_variables['instance_encoder'] = networks.instance_encoder.init(
      jax.random.fold_in(root, 3), image, label_map
    )
  g_variables['generator'] = networks.generator.init(
    keys[0], label_map, label_map, latents, image_style, train=False
  )
  if networks.instance_encoder is not None:
    g_variables['generator'][latent_stats.COLLECTION] = latent_stats.initial(
      latents.shape[-1]
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
