r"""Make a data set of generated images of the scenes of another one.

Examples:

  python -m instgan_jax.augment --workdir runs/toy_street --split train \
    --variants 4 --output data/toy_augmented
  python -m instgan_jax.augment --workdir runs/lip --split train \
    --variants 2 --oversample rider=4,train=8 --shard 3/16 --output data/more

Every scene gives --variants images, each with other styles, beside its maps, in
the layout of the data set (docs/data.md). Each shard is a process of its own,
on any machine; manifest_train_3_of_16.jsonl says which image is of which scene
and seed. Images that exist are left, so that the same command continues after a
stop.

Exit status: 0 when it is done, 2 for wrong input, 128 + the signal when it was
stopped.
"""

from absl import flags

from instgan_jax.cli import program


def define_flags(values: flags.FlagValues) -> None:
  """Defines the flags."""
  string, integer = program.definers(
    values, flags.DEFINE_string, flags.DEFINE_integer
  )
  (number,) = program.definers(values, flags.DEFINE_float)
  names, choice = program.definers(
    values, program.define_list, flags.DEFINE_enum
  )
  string('workdir', None, program.WORKDIR_OF_GENERATOR)
  string('output', None, 'Folder of the new data set.')
  string('split', 'train', 'Of the scenes: train or val.')
  string('dataset_dir', '', "Folder of data, instead of the workdir's.")
  integer('variants', 1, 'Images of each scene.')
  integer('seed', 0, 'Of the styles of the first variant; the next follow.')
  string(
    'segmenter',
    '',
    'Trained by instgan_jax.train_segmenter, or imported: for --min_agreement.',
  )
  number(
    'min_agreement',
    0.0,
    'Leaves out images in which the segmenter sees the label map in a smaller '
    'share of the scored pixels, such as 0.8.',
  )
  integer(
    'min_pixels',
    0,
    'Smaller instances are left out of the instance maps; 0: none.',
  )
  names(
    'oversample',
    [],
    'Times the variants of scenes that show a class: rider=4,train=8.',
  )
  string('shard', '1/1', 'Which part of the scenes this process makes: 3/16.')
  choice('weights', 'ema', ('ema', 'raw'), program.WEIGHTS)
  integer('step', None, program.STEP)


def main(values: flags.FlagValues) -> None:
  """Checks the flags, generates and writes."""
  program.require(values, 'workdir', 'output')

  from instgan_jax.commands import augment, augment_options

  print(
    augment.run(
      augment_options.Options(
        workdir=values.workdir,
        output=values.output,
        split=values.split,
        dataset_dir=values.dataset_dir,
        num_variants=values.variants,
        seed=values.seed,
        segmenter=values.segmenter,
        min_agreement=values.min_agreement,
        min_pixels=values.min_pixels,
        oversample=augment_options.parse_oversample(values.oversample),
        shard=augment_options.parse_shard(values.shard),
        use_ema=values.weights == 'ema',
        step=values.step,
      ),
      values.config,
    )
  )


command = program.Command(
  __doc__,
  define_flags,
  main,
  config='Whose scenes to take; default: those of the workdir.',
)

if __name__ == '__main__':
  command.run()
