r"""Write toy streets in the folders and encodings of Cityscapes.

Example:

  python -m data_pipeline.toy_street --output data/toy --num_train 1000 \
    --num_val 100 --height 128

Existing scenes are kept, so that the same command continues a run that was
stopped. Exit status: 0 when it is done, 2 for wrong input, 130 after Ctrl-C.
"""

from absl import flags

from instgan_jax.cli import program


def define_flags(values: flags.FlagValues) -> None:
  """Defines the flags."""
  string, integer = program.definers(
    values, flags.DEFINE_string, flags.DEFINE_integer
  )
  string('output', None, 'The folder to write to.')
  integer('num_train', None, 'Scenes of the train split.')
  integer('num_val', None, 'Scenes of the val split.')
  integer(
    'height', None, 'Rows in pixels, even; the width is twice the height.'
  )
  integer('seed', 0, 'Other seeds give other streets.')


def main(values: flags.FlagValues) -> None:
  """Writes the scenes that the flags ask for, unless they exist."""
  program.require(values, 'output', 'num_train', 'num_val', 'height')

  from data_pipeline import toy_street
  from data_pipeline.toy_street import folder
  from instgan_jax.runtime import exits

  settings = {'height': values.height, 'seed': values.seed}
  sources = {
    split: toy_street.ToyStreet(count, split=split, **settings)
    for split, count in (('train', values.num_train), ('val', values.num_val))
  }
  try:
    folder.claim(values.output, settings)
    for split, source in sources.items():
      folder.write_split(source, values.output, split, toy_street.CITY)
  except KeyboardInterrupt as interrupt:
    raise exits.Stopped(
      'Stopped. The same command continues.', 130
    ) from interrupt
  there = {
    split: folder.num_scenes(values.output, split, toy_street.CITY)
    for split in sources
  }
  print(
    f'{values.output}: {there["train"]} train and {there["val"]} val '
    f'scenes, {2 * values.height} x {values.height} pixels.'
  )
  for split, source in sources.items():
    if there[split] > len(source):
      print(
        f'Of the {split} scenes {there[split] - len(source)} are of an earlier '
        'call: they are used as well, unless you remove them.'
      )


command = program.Command(__doc__, define_flags, main)

if __name__ == '__main__':
  command.run()
