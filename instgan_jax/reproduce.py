r"""The paper's experiment in one command: its Table 1 and figure 7.

Examples:

  python -m instgan_jax.train_segmenter --config configs/toy_segmenter.py \
    --workdir runs/toy_segmenter
  python -m instgan_jax.reproduce --config configs/toy_street.py \
    --workdir runs/reproduce --seeds 3 --segmenter runs/toy_segmenter
  python -m instgan_jax.reproduce --config configs/cityscapes_lip.py \
    --workdir runs/paper --seeds 3 --config.data.path=/data/cityscapes \
    --inception weights/inception --segmenter weights/pspnet

trains L, L+I and L+I+P with every seed, evaluates each, and writes table1.md,
table1.json and figure7.png. The same command continues what was stopped. Exit
status as of instgan_jax.main.
"""

import pathlib

from absl import flags

from instgan_jax.cli import program


def define_flags(values: flags.FlagValues) -> None:
  """Defines the flags."""
  from instgan_jax.cli import options
  from instgan_jax.evaluation import options as evaluation_options

  string, integer = program.definers(
    values, flags.DEFINE_string, flags.DEFINE_integer
  )
  string('workdir', None, 'Folder of the experiment.')
  integer('seeds', 1, 'Runs of each method.')
  options.define_flags(values, evaluation_options.Options)


def main(values: flags.FlagValues) -> None:
  """Checks the flags, runs what is missing and writes the table."""
  program.require(values, 'config', 'workdir')

  from instgan_jax.cli import options as cli_options
  from instgan_jax.commands import reproduce
  from instgan_jax.evaluation import options as evaluation_options

  print(
    reproduce.run(
      values.config,
      pathlib.Path(values.workdir),
      num_seeds=values.seeds,
      options=evaluation_options.complete(
        cli_options.from_flags(values, evaluation_options.Options)
      ),
    )
  )


command = program.Command(
  __doc__,
  define_flags,
  main,
  config='The configuration of any of the three methods.',
)

if __name__ == '__main__':
  command.run()
