"""The shipped toy configurations, shrunk to seconds."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import traverse_util

from configs import toy_segmenter, toy_street
from instgan_jax.build import generator as build_generator
from instgan_jax.checkpoints import run_config, weights_folder
from instgan_jax.models import latent_stats


def config(method='lip', **changes):
  """configs/toy_street.py at 32x64, a few channels wide."""
  config = toy_street.get_config(method)
  config.data.update({'height': 32, 'width': 64, 'num_train': 6, 'num_val': 4})
  config.model.update(
    {'base_channels': 2, 'hidden_channels': 4, 'style_channels': 128}
  )
  # Of 64x128 pixels and more, unoptimized programs look up for seconds.
  config.model.modulation_form = 'dense'
  config.discriminator.update({'base_channels': 2, 'num_layers': 2})
  config.batch_size = 4
  config.num_steps = 6
  config.sample_scenes = (0, 1, 2, 3)
  config.log_every_steps = 2
  config.sample_every_steps = 6
  config.eval.every_steps = 6
  config.checkpoint_every_steps = 2
  return _changed(config, changes)


def segmenter_config(**changes):
  """configs/toy_segmenter.py at 32x64, a few channels wide."""
  config = toy_segmenter.get_config()
  config.data.update({'height': 32, 'width': 64, 'num_train': 6, 'num_val': 3})
  config.model.update(
    {
      'stage_blocks': (1, 1, 1, 1),
      'stem_channels': (2, 2, 4),
      'base_channels': 2,
      'pyramid_channels': 4,
      'height': 32,
      'width': 64,
    }
  )
  config.batch_size = 4
  config.num_steps = 6
  config.log_every_steps = 2
  config.eval_every_steps = 6
  config.checkpoint_every_steps = 2
  return _changed(config, changes)


def generator_variables(config):
  """Random variables of a generator of `config`."""
  generator, latent_shape = build_generator.build(config)
  maps = jnp.zeros((1, *generator.image_size), jnp.int32)
  latents = jnp.zeros((1, *latent_shape))
  style = jnp.zeros((1, generator.image_style_dim))
  shapes = jax.eval_shape(
    lambda key: generator.init(key, maps, maps, latents, style, train=False),
    jax.random.key(0),
  )
  normal = np.random.default_rng(0).normal

  def filled(path, leaf):
    if path[-1].key == 'var':
      return np.ones(leaf.shape, np.float32)
    scale = 0.5 / np.sqrt(np.prod(leaf.shape[:-1]))
    return normal(scale=scale, size=leaf.shape).astype(np.float32)

  variables = jax.tree_util.tree_map_with_path(filled, shapes)
  variables = _with_spectral_stats(variables)
  if config.model.instance_encoder:
    dim = latent_shape[-1]
    variables[latent_stats.COLLECTION] = {
      'mean': np.full(dim, 0.3, np.float32),
      'var': np.full(dim, 0.5, np.float32),
    }
  return variables


def moved(variables, seed=0):
  """Other variables of the same shapes."""
  noise = np.random.default_rng(seed).normal

  def move(leaf):
    return leaf + 0.1 * noise(size=leaf.shape).astype(leaf.dtype)

  return jax.tree.map(move, variables)


def _with_spectral_stats(variables):
  """The same with u and v as a training would have made them."""
  flat = traverse_util.flatten_dict(variables)
  for collection, *module, name in list(flat):
    if (collection, name) == ('spectral_stats', 'u'):
      kernel = flat[('params', *module, 'kernel')]
      left, _, right = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]))
      flat[(collection, *module, 'v')] = left[:, 0]
      flat[(collection, *module, 'u')] = right[0]
  return traverse_util.unflatten_dict(flat)


def encoder_variables(config):
  """Random variables of the instance encoder of `config`, or None."""
  encoder = build_generator.instance_encoder(config)
  if encoder is None:
    return None
  size = (1, config.data.height, config.data.width)
  shapes = jax.eval_shape(
    encoder.init, jax.random.key(0), jnp.zeros((*size, 3)), jnp.zeros(size)
  )
  normal = np.random.default_rng(0).normal
  return jax.tree.map(
    lambda leaf: normal(scale=0.3, size=leaf.shape).astype(np.float32), shapes
  )


def save_generator(folder, config):
  """A folder that the Sampler reads, with random variables."""
  weights = {'generator': generator_variables(config)}
  if config.model.instance_encoder:
    weights['instance_encoder'] = encoder_variables(config)
  weights_folder.save(folder, weights)
  run_config.save(folder, config)
  return folder


def flags(**changes):
  """The same as command line flags, `data__height=32` for data.height."""
  return _flags(config(**changes), toy_street.get_config())


def segmenter_flags(**changes):
  """`segmenter_config` as command line flags."""
  return _flags(segmenter_config(**changes), toy_segmenter.get_config())


def _flags(changed, default):
  changed, default = (
    traverse_util.flatten_dict(each.to_dict(), sep='.')
    for each in (changed, default)
  )
  return [
    f'--config.{key}={value}'
    for key, value in changed.items()
    if default[key] != value
  ]


def _changed(config, changes):
  for key, value in changes.items():
    with config.unlocked():
      _set(config, key.split('__'), value)
  return config


def _set(node, path, value):
  for key in path[:-1]:
    node = node[key]
  node[path[-1]] = value
