r"""Evaluate a trained generator, or any folder of images.

Examples:

  python -m instgan_jax.evaluate --workdir runs/toy_street
  python -m instgan_jax.evaluate --workdir runs/toy_street \
    --segmenter runs/toy_segmenter --num_draws 3 --output runs/metrics.json
  python -m instgan_jax.evaluate --workdir runs/lip \
    --metrics fid,kid,miou,micv --inception weights/inception \
    --segmenter weights/pspnet --output lip.json
  python -m instgan_jax.evaluate --generated results/images \
    --dataset_dir /data/cityscapes --inception weights/inception

It prints a table and writes it, as FILE.md beside FILE.json, and the confusion
matrix as FILE_confusion.png. The images of --generated have the names of the
scenes. Exit status: 0 when it is done, 2 for wrong input.
"""

import pathlib

from absl import flags

from data_pipeline.errors import InputError
from instgan_jax.cli import program, shipped_configs


def define_flags(values: flags.FlagValues) -> None:
  """Defines the flags."""
  from instgan_jax.cli import options
  from instgan_jax.evaluation import options as evaluation_options

  string, folders, choice = program.definers(
    values, flags.DEFINE_string, flags.DEFINE_multi_string, flags.DEFINE_enum
  )
  string('workdir', None, program.WORKDIR_OF_GENERATOR)
  flags.DEFINE_integer('step', None, program.STEP, flag_values=values)
  folders(
    'generated',
    [],
    'A folder of images; given several times, each is a sample.',
  )
  string(
    'dataset_dir',
    '',
    'Folder that data.source=folder reads, instead of --config.',
  )
  string('split', 'val', 'Which scenes are generated.')
  choice('weights', 'ema', ('ema', 'raw'), program.WEIGHTS)
  string('output', '', 'FILE.json to write.')
  options.define_flags(values, evaluation_options.Options)


def main(values: flags.FlagValues) -> None:
  """Checks the flags, evaluates and writes."""
  if bool(values.workdir) == bool(values.generated):
    given = 'both are given' if values.workdir else 'neither is given'
    raise InputError(
      'One of --workdir and --generated says what to evaluate, but '
      f'{given}: give one.'
    )
  output = pathlib.Path(values.output) if values.output else None
  if output and output.suffix != '.json':
    raise InputError(
      f'--output is {output}, expected a name that ends in .json.'
    )
  if values.generated and not values.config and not values.dataset_dir:
    raise InputError(
      'With --generated, --dataset_dir or --config is needed, to say which '
      'scenes the images are of.'
    )

  from instgan_jax.cli import options as cli_options
  from instgan_jax.commands import evaluate
  from instgan_jax.evaluation import options as evaluation_options

  options = evaluation_options.complete(
    cli_options.from_flags(values, evaluation_options.Options)
  )
  where = {
    'dataset_dir': values.dataset_dir,
    'split': values.split,
    'output': output,
  }
  if values.workdir:
    text = evaluate.evaluate_workdir(
      values.workdir,
      options,
      config=values.config,
      use_ema=values.weights == 'ema',
      step=values.step,
      **where,
    )
  else:
    config = values.config or shipped_configs.load('cityscapes_l')
    text = evaluate.evaluate_folders(
      values.generated, options, config=config, **where
    )
  print(text)


command = program.Command(
  __doc__,
  define_flags,
  main,
  config='Whose data to evaluate on; default: that of the workdir.',
)

if __name__ == '__main__':
  command.run()
