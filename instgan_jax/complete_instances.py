r"""Find the objects of photographs that have labels but no instance map.

Examples:

  python -m instgan_jax.complete_instances --config configs/cityscapes_lip.py \
    --config.data.path=/data/mine --output data/mine_completed
  python -m instgan_jax.complete_instances --config configs/toy_street.py \
    --config.data.instance_share=0.3 --output data/toy_completed

A network learns from the training scenes with an instance map where objects
are, and finds those of the others inside their true labels. --output becomes a
data set in the same layout, with what there was and the new maps; val keeps the
maps that it has. quality.json says how well the objects of val are found,
completed.png shows eight scenes. The same command continues after a stop;
docs/data.md has more.

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
  string('output', None, 'Folder of the completed data set.')
  number(
    'min_confidence',
    0.3,
    'From 0 to 1; what is less sure stays a group, without instances.',
  )
  integer('num_steps', 1500, 'Updates of the network.')
  integer('batch_size', 8, 'Scenes of an update.')
  integer('base_channels', 16, 'Of the network, a multiple of 8.')


def main(values: flags.FlagValues) -> None:
  """Checks the flags, trains, finds and writes."""
  program.require(values, 'config', 'output')

  from instgan_jax.commands import complete_instances

  print(
    complete_instances.run(
      complete_instances.Options(
        output=values.output,
        min_confidence=values.min_confidence,
        num_steps=values.num_steps,
        batch_size=values.batch_size,
        base_channels=values.base_channels,
      ),
      values.config,
    )
  )


command = program.Command(
  __doc__,
  define_flags,
  main,
  config='Whose data to complete, one of configs/*.py.',
)

if __name__ == '__main__':
  command.run()
