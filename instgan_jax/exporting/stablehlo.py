"""The generator as one file that runs with JAX alone (jax.export, StableHLO).

Synopsis, where the file is used:

  from jax import export
  generator = export.deserialize(open('generator.stablehlo', 'rb').read())
  image = generator.call(label_map=..., instance_map=..., latents=...)
"""

import jax
from jax import export

from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.models import platforms

PLATFORMS = ('cpu', 'cuda', 'tpu')


def serialize(sampler: sampler_lib.Sampler) -> bytes:
  """The program of a generator with its weights, for any batch size.

  It is a function of the keyword arguments in `Program.input_shapes`, and gives
  float32 [B, H, W, 3] in [-1, 1].

  Args:
    sampler: of the generator.
  """
  (batch,) = export.symbolic_shape('b')
  arguments = {
    name: jax.ShapeDtypeStruct((batch, *shape), dtype)
    for name, (shape, dtype) in sampler.program.input_shapes.items()
  }

  def generate(**inputs):
    return sampler.program.apply(sampler.variables, **inputs)

  with platforms.traced_for(*PLATFORMS):
    exported = export.export(jax.jit(generate), platforms=PLATFORMS)(
      **arguments
    )
  return bytes(exported.serialize())
