r"""Export a trained generator for inference alone.

Examples:

  python -m instgan_jax.export --workdir runs/toy_street --output exports/toy
  python -m instgan_jax.export --workdir runs/lip --output exports/lip \
    --dtype bfloat16 --saved_model
  python -m instgan_jax.export --workdir runs/lip --output lip --compact

It writes an Orbax checkpoint of the generator's weights (the moving average,
where the run has one) with its configuration, which every command that
generates or evaluates takes as --workdir, and beside it generator.stablehlo,
one file that runs with JAX alone, on CPU, GPU and TPU. The spectral norm is
folded into the weights. At the end both generate images of random maps, and are
refused if a color in [-1, 1] differs by more than 1e-5 (in bfloat16: 0.05) from
the Sampler's in the same type.

With --compact it writes the weights alone, rounded to bfloat16 and compressed:
a third of their size, for commands of this project only. Their images may
differ by 0.05; those of trained weights differ by a level or two of 255.

It runs on the CPU, also where there is an accelerator. Exit status: 0 when it
is done, 1 if an export generates something else, 2 for wrong input.
"""

import pathlib

from absl import flags

from instgan_jax.cli import generator_workdir, program


def define_flags(values: flags.FlagValues) -> None:
  """Defines the flags."""
  string, choice, boolean = program.definers(
    values, flags.DEFINE_string, flags.DEFINE_enum, flags.DEFINE_bool
  )
  string('workdir', None, generator_workdir.DESCRIPTION)
  flags.DEFINE_integer('step', None, program.STEP, flag_values=values)
  string('output', None, 'The folder to make.')
  choice('weights', 'ema', ('ema', 'raw'), program.WEIGHTS)
  choice(
    'dtype',
    'float32',
    ('bfloat16', 'float32'),
    'Of the exported computation.',
  )
  boolean('saved_model', False, 'Write a TensorFlow SavedModel as well.')
  boolean('compact', False, 'Write small weights (bfloat16) and no program.')


def main(values: flags.FlagValues) -> None:
  """Checks the flags, exports and compares."""
  program.require(values, 'output')

  import jax

  from instgan_jax.exporting import folder
  from instgan_jax.inference import sampler as sampler_lib

  # An accelerator is not needed, and may be in use by another process.
  jax.config.update('jax_platforms', 'cpu')
  sampler = sampler_lib.Sampler.from_folder(
    generator_workdir.given_or_shipped(values),
    use_ema=values.weights == 'ema',
    dtype=values.dtype,
    step=values.step,
  )
  print(
    folder.save(
      sampler,
      pathlib.Path(values.output),
      with_saved_model=values.saved_model,
      is_compact=values.compact,
    )
  )


command = program.Command(__doc__, define_flags, main)

if __name__ == '__main__':
  command.run()
