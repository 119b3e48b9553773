r"""The paper's experiment in one command: its Table 1 and figure 7.

Examples:

  python -m instgan_jax.train_segmenter --config configs/toy_segmenter.py \
    --workdir runs/toy_segmenter
  python -m instgan_jax.reproduce --config configs/toy_street.py \
    --workdir runs/reproduce --seeds 3 --segmenter runs/toy_segmenter
  python -m instgan_jax.reproduce --config configs/cityscapes_lip.py \
    --workdir runs/paper --seeds 3 --config.data.path=/data/cityscapes \
    --inception weights/inception --segmenter weights/pspnet
  python -m instgan_jax.reproduce --workdir runs/rows \
    --row L+I+P=configs/toy_street.py \
    --row strong=configs/toy_street_strong.py \
    --row 'plain=toy_street_strong model.instance_encoder=false'

trains L, L+I and L+I+P with every seed, or the rows that are given, evaluates
each, and writes table1.md, table1.json and figure7.png. A row is a name, a
configuration, and fields that differ in it; --config.KEY=VALUE holds for all
rows, which need no --config. The same command continues what was stopped. Exit
status as of instgan_jax.main.
"""

import pathlib
from collections.abc import Sequence

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
  integer('seeds', 1, 'Runs of each row.')
  flags.DEFINE_multi_string(
    'row',
    [],
    'Another row instead of the methods: NAME=CONFIG, or '
    "'NAME=CONFIG KEY=VALUE ...'.",
    flag_values=values,
  )
  options.define_flags(values, evaluation_options.Options)


def main(values: flags.FlagValues) -> None:
  """Checks the flags, runs what is missing and writes the table."""
  program.require(values, 'config', 'workdir')

  from ml_collections import config_flags

  from instgan_jax.cli import configurations
  from instgan_jax.cli import options as cli_options
  from instgan_jax.commands import reproduce, train
  from instgan_jax.evaluation import options as evaluation_options
  from instgan_jax.runtime import xla_flags

  if values.row:
    common = config_flags.get_override_values(values['config'])
    rows = configurations.rows(values.row, 'row', common)
  else:
    rows = reproduce.of_methods(values.config)
  if all(map(train.is_small, rows.values())):
    xla_flags.run_operations_at_once()
  print(
    reproduce.run(
      rows,
      pathlib.Path(values.workdir),
      num_seeds=values.seeds,
      options=evaluation_options.complete(
        cli_options.from_flags(values, evaluation_options.Options)
      ),
    )
  )


class _Command(program.Command):
  """The first row has the configuration, where `--config` is not given."""

  def call(self, argv: Sequence[str]) -> None:
    from instgan_jax.cli import configurations

    super().call(configurations.with_config(argv, 'row'))


command = _Command(
  __doc__,
  define_flags,
  main,
  config='The configuration of any of the three methods; without rows.',
)

if __name__ == '__main__':
  command.run()
