"""The generator as a TensorFlow SavedModel, through jax2tf."""

import pathlib
from collections.abc import Callable

import jax
import numpy as np

from data_pipeline.errors import InputError
from instgan_jax.exporting import stablehlo
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.models import platforms
from instgan_jax.runtime import exits


def require() -> None:
  """Raises InputError if TensorFlow or jax2tf is missing."""
  try:
    import tensorflow  # noqa: F401
    from jax.experimental import jax2tf  # noqa: F401
  except ImportError as error:
    raise InputError(
      f'A SavedModel needs TensorFlow and jax2tf ({error}): install '
      'TensorFlow, or leave out --saved_model.'
    ) from error


def save(sampler: sampler_lib.Sampler, folder: pathlib.Path) -> None:
  """Writes a SavedModel whose default signature is the generator.

  It takes the keyword arguments of `stablehlo.serialize`, for any batch size,
  and gives {'image': float32 [B, H, W, 3] in [-1, 1]}.

  Args:
    sampler: of the generator.
    folder: is made.

  Raises:
    InputError: if TensorFlow or jax2tf is missing.
  """
  require()
  import tensorflow as tf
  from jax.experimental import jax2tf

  shapes = sampler.program.input_shapes
  names = tuple(shapes)

  def generate(*inputs):
    named = dict(zip(names, inputs, strict=True))
    return sampler.program.apply(sampler.variables, **named)

  converted = jax2tf.convert(
    generate,
    polymorphic_shapes=[
      f'(b, {", ".join(map(str, shape))})' for shape, _ in shapes.values()
    ],
    native_serialization_platforms=stablehlo.PLATFORMS,
    with_gradient=False,
  )
  module = tf.Module()
  module.generate = tf.function(
    lambda **inputs: {'image': converted(*(inputs[name] for name in names))},
    autograph=False,
  )
  inputs = {
    name: tf.TensorSpec((None, *shape), dtype, name)
    for name, (shape, dtype) in shapes.items()
  }
  with platforms.traced_for(*stablehlo.PLATFORMS):
    signature = module.generate.get_concrete_function(**inputs)
  tf.saved_model.save(module, str(folder), signatures=signature)


def load(folder: pathlib.Path) -> Callable[..., np.ndarray]:
  """What `save` wrote, as a function of numpy keyword arguments.

  It returns float32 [B, H, W, 3], and raises exits.Failure where TensorFlow is
  too old for the StableHLO that this JAX writes.
  """
  import tensorflow as tf

  generate = tf.saved_model.load(str(folder)).signatures['serving_default']

  def call(**inputs):
    tensors = {k: tf.constant(v) for k, v in inputs.items()}
    try:
      return generate(**tensors)['image'].numpy()
    except tf.errors.OpError as error:
      # The message ends with the error that caused all others.
      *_, reason = error.message.rpartition('error: ')
      reason = reason.strip().splitlines()[0]
      raise exits.Failure(
        f'TensorFlow {tf.__version__} cannot run the SavedModel that JAX '
        f'{jax.__version__} made ({reason}): use a newer TensorFlow or an '
        'older JAX, or leave out --saved_model.'
      ) from error

  return call
