"""What the commands run on a TPU, lowered for one that need not be there."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import ml_collections
import numpy as np
from jax import export

from benchmarks import useful_flops
from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from instgan_jax.build import gan
from instgan_jax.build import segmenter as build_segmenter
from instgan_jax.exporting import stablehlo
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.inference.program import Program
from instgan_jax.models import platforms
from instgan_jax.pretrained import inception, pspnet, vgg19
from instgan_jax.runtime import devices
from instgan_jax.train import segmenter_step

Shape = jax.ShapeDtypeStruct


class Lowered(NamedTuple):
  """A program that can be compiled.

  Attributes:
    lowered: what JAX made of it.
    num_images: of one call, on one chip.
    useful_flops: that the networks of GauGAN need for them, see
      `useful_flops`; 0 for other networks.
  """

  lowered: Any
  num_images: int
  useful_flops: float


def lower(
  name: str,
  config: ml_collections.ConfigDict,
  chips: Sequence[jax.Device],
) -> Lowered:
  """Lowers one of `PROGRAMS`.

  Args:
    name: of the program.
    config: of the networks; its batch is split over the chips.
    chips: all of them for a train step, the first one otherwise.
  """
  with platforms.traced_for(chips[0].platform):
    return PROGRAMS[name](config, chips)


class Step(NamedTuple):
  """A train step to be lowered.

  Attributes:
    of_axis: the name of the devices' axis, or None -> the update.
    state: shapes of its state.
    frozen: shapes of its third argument, if it has one.
    work: useful FLOPs of an image.
  """

  of_axis: Callable[[str | None], Callable]
  state: Any
  frozen: Any
  work: float


def gan_step(config: ml_collections.ConfigDict) -> Step:
  """The update of a GAN; with any `vgg19_weights`, which are not read."""

  def step_of(axis_name):
    modules = gan.networks(config, axis_name=axis_name)
    return gan.train_step(
      config, modules, gan.optimizers(config, 100), axis_name=axis_name
    )

  modules = gan.networks(config)
  state = gan.abstract_state(config, modules, gan.optimizers(config, 100))
  frozen = _vgg19_shapes() if config.vgg19_weights else None
  work = useful_flops.work(config, use_vgg19=frozen is not None)
  return Step(step_of, state, frozen, work.update)


def batch_shapes(
  config: ml_collections.ConfigDict, num_images: int
) -> dict[str, Shape]:
  """The arrays of a batch for one device, see `data_pipeline.batch`."""
  shape = (num_images, config.data.height, config.data.width)
  return {
    'image': Shape((*shape, 3), np.uint8),
    'label_map': Shape(shape, np.uint8),
    'instance_map': Shape(shape, np.uint16),
    'position': Shape(shape[:1], np.uint32),
    'num_dropped_instances': Shape(shape[:1], np.int32),
  }


def _train_step(config, chips) -> Lowered:
  return _parallel(config, chips, gan_step(config))


def _segmenter_step(config, chips) -> Lowered:
  size = build_segmenter.size(config)
  optimizer = build_segmenter.optimizer(config, 100)

  def step_of(axis_name):
    return segmenter_step.TrainStep(
      build_segmenter.network(config, train=True, axis_name=axis_name),
      optimizer,
      seed=config.seed,
      size=size,
      auxiliary_weight=config.auxiliary_weight,
      train_ids=labels.TABLE.train_ids,
      scales=(config.min_scale, config.max_scale),
      axis_name=axis_name,
    )

  network = build_segmenter.network(config, train=True)
  state = jax.eval_shape(
    functools.partial(
      segmenter_step.initialize, network, optimizer, seed=0, size=size
    )
  )
  return _parallel(config, chips, Step(step_of, state, None, 0))


def _parallel(config, chips, step: Step) -> Lowered:
  """A train step as `devices.parallelize` runs it."""
  per_chip, rest = divmod(config.batch_size, len(chips))
  if rest or not per_chip:
    raise InputError(
      f'batch_size {config.batch_size} cannot be split evenly over '
      f'{len(chips)} chips: choose a multiple with --batch_size.'
    )
  split = jax.tree.map(
    lambda leaf: Shape((len(chips), *leaf.shape), leaf.dtype),
    batch_shapes(config, per_chip),
  )
  has_frozen = step.frozen is not None
  run = devices.parallelize(
    step.of_axis(devices.AXIS_NAME), chips, has_frozen=has_frozen
  )
  lowered = run.lower(step.state, split, *(step.frozen,) * has_frozen)
  return Lowered(lowered, per_chip, step.work * per_chip)


def _sampler(config, chips) -> Lowered:
  program = Program(config, use_spectral_norm=True)
  return _single(
    program.apply,
    (_generator_variables(program), *_inputs(program, config.batch_size)),
    config,
    chips,
  )


def _export(config, chips) -> Lowered:
  """The module of an export, with weights of zero in it."""
  program = Program(config, use_spectral_norm=False)
  variables = jax.tree.map(
    lambda leaf: np.zeros(leaf.shape, leaf.dtype), _generator_variables(program)
  )
  sampler = sampler_lib.Sampler(config, variables)
  module = export.deserialize(bytearray(stablehlo.serialize(sampler)))
  names = list(program.input_shapes)

  def generate(*inputs):
    return module.call(**dict(zip(names, inputs, strict=True)))

  return _single(generate, _inputs(program, config.batch_size), config, chips)


def _vgg19(config, chips) -> Lowered:
  image = Shape(
    (config.batch_size, config.data.height, config.data.width, 3), np.float32
  )
  return _network(vgg19.Vgg19(), image, config, chips)


def _inception(config, chips) -> Lowered:
  image = Shape((config.batch_size, *inception.IMAGE_SIZE, 3), np.float32)
  return _network(inception.Inception(), image, config, chips)


def _pspnet(config, chips) -> Lowered:
  image = Shape((config.batch_size, 713, 713, 3), np.float32)
  return _network(pspnet.PspNet(), image, config, chips)


def _network(module, image: Shape, config, chips) -> Lowered:
  variables = jax.eval_shape(module.init, jax.random.key(0), image)
  return _single(module.apply, (variables, image), config, chips)._replace(
    useful_flops=0
  )


def _single(function, arguments, config, chips) -> Lowered:
  """A generator, or another program of images, on the first chip."""
  sharding = jax.sharding.SingleDeviceSharding(chips[0])
  on_chip = jax.tree.map(
    lambda leaf: Shape(leaf.shape, leaf.dtype, sharding=sharding), arguments
  )
  traced = jax.jit(function).trace(*on_chip)
  lowered = traced.lower(lowering_platforms=(chips[0].platform,))
  work = useful_flops.work(config, use_vgg19=False)
  return Lowered(lowered, config.batch_size, work.forward * config.batch_size)


def _generator_variables(program: Program):
  def initialize():
    return program.module.init(
      jax.random.key(0), *_zeros(program, 1), train=False
    )

  return jax.eval_shape(initialize)


def _zeros(program: Program, batch: int) -> list[jax.Array]:
  size = program.module.image_size
  return [
    jnp.zeros((batch, *size), jnp.int32),
    jnp.zeros((batch, *size), jnp.int32),
    jnp.zeros((batch, *program.latent_shape)),
    jnp.zeros((batch, program.module.image_style_dim)),
  ]


def _inputs(program: Program, batch: int) -> tuple[Shape, ...]:
  return tuple(
    Shape((batch, *shape), dtype)
    for shape, dtype in program.input_shapes.values()
  )


def _vgg19_shapes() -> Any:
  image = Shape((1, 16, 16, 3), np.float32)
  return jax.eval_shape(vgg19.Vgg19().init, jax.random.key(0), image)


PROGRAMS: dict[str, Callable[..., Lowered]] = {
  'train_step': _train_step,
  'segmenter_step': _segmenter_step,
  'sampler': _sampler,
  'export': _export,
  'vgg19': _vgg19,
  'inception': _inception,
  'pspnet': _pspnet,
}
