r"""Export a trained generator for drawing alone.

Examples:

  python -m instgan_jax.export --workdir runs/toy_street --output exports/toy
  python -m instgan_jax.export --workdir runs/lip --output exports/lip \
    --dtype bfloat16 --saved_model

It writes an Orbax checkpoint of the generator's weights (the moving average,
where the run has one) with its configuration, which every command that draws or
measures takes as --workdir, and beside it generator.stablehlo, one file that
runs with JAX alone, on CPU, GPU and TPU. The spectral norm is folded into the
weights. At the end both draw random maps, and are refused if a colour in
[-1, 1] is further than 1e-5 (in bfloat16: 0.05) from what the Sampler draws in
the same type.

It runs on the CPU, also where there is an accelerator. Exit status: 0 when it
is done, 1 if an export draws something else, 2 for wrong input.
"""

import pathlib

import jax
from absl import flags

from data_pipeline.errors import InputError
from instgan_jax.build import gan
from instgan_jax.cli import program
from instgan_jax.exporting import folder
from instgan_jax.inference import sampler as sampler_lib

_WORKDIR = flags.DEFINE_string(
  'workdir', None, 'A training workdir, or imported GauGAN weights.'
)
_OUTPUT = flags.DEFINE_string('output', None, 'The folder to make.')
_WEIGHTS = flags.DEFINE_enum(
  'weights',
  'ema',
  ('ema', 'raw'),
  'The moving average (where the run has one), or the last weights.',
)
_DTYPE = flags.DEFINE_enum(
  'dtype', 'float32', sorted(gan.DTYPES), 'Of the exported computation.'
)
_SAVED_MODEL = flags.DEFINE_bool(
  'saved_model', False, 'Write a TensorFlow SavedModel as well.'
)


def main(_) -> None:
  """Checks the flags, exports and compares."""
  for flag in (_WORKDIR, _OUTPUT):
    if not flag.value:
      raise InputError(f'--{flag.name} is needed, see --help.')
  # An accelerator is not needed, and may be in use by another process.
  jax.config.update('jax_platforms', 'cpu')
  drawing = sampler_lib.Sampler.from_folder(
    _WORKDIR.value, use_ema=_WEIGHTS.value == 'ema', dtype=_DTYPE.value
  )
  print(
    folder.save(
      drawing,
      pathlib.Path(_OUTPUT.value),
      with_saved_model=_SAVED_MODEL.value,
    )
  )


if __name__ == '__main__':
  program.run(main)
