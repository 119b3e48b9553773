r"""Show what a data set is, before training on it.

Examples:

  python -m data_pipeline.inspect --config configs/toy_street.py
  python -m data_pipeline.inspect --config configs/cityscapes_lip.py \
    --config.data.path=/data/cityscapes --split val --output val.png

It prints the sizes, the classes and the instances of the scenes as training
sees them, every file that cannot be used, and writes a sheet of eight scenes.
Exit status: 0 when all can be used, 2 otherwise.
"""

import collections

from absl import flags

from data_pipeline.errors import InputError
from instgan_jax.cli import program

_NUM_SHOWN = 8


def define_flags(values: flags.FlagValues) -> None:
  """Defines the flags."""
  string, integer = program.definers(
    values, flags.DEFINE_string, flags.DEFINE_integer
  )
  string('split', 'train', 'train or val.')
  string('output', 'inspect.png', 'The sheet of scenes, a PNG.')
  integer('num_scenes', 0, 'How many scenes to read, evenly spaced; 0: all.')


def main(values: flags.FlagValues) -> None:
  """Prints the statistics of a split and writes its sheet."""
  program.require(values, 'config')
  if values.num_scenes < 0:
    raise InputError(
      f'--num_scenes is {values.num_scenes}, expected 0 or more.'
    )

  from data_pipeline import atomic_file, errors
  from instgan_jax.build import data

  atomic_file.check_writable(values.output)
  data.check_path(values.config)
  try:
    source = data.source(values.config, values.split)
  except errors.SceneErrors as error:
    print('\n'.join(error.problems))
    raise InputError(
      f'{len(error.problems)} of {error.num_scenes} scenes cannot be used, see'
      ' above.'
    ) from error
  problems = _print_statistics(source, values)
  if problems:
    print('\n'.join(problems))
    raise InputError(f'{len(problems)} scenes cannot be used, see above.')
  print(f'Open {values.output} to see some of them.')


def _print_statistics(source, values: flags.FlagValues) -> list[str]:
  """Reads the scenes, prints and writes; what cannot be read is returned."""
  import numpy as np

  from data_pipeline import progress, read_ahead, unknown_instances
  from data_pipeline.inspect import statistics

  number = min(values.num_scenes or len(source), len(source))
  chosen = np.linspace(0, len(source) - 1, number).round().astype(int)

  def read(index: int):
    try:
      return source.read(index)
    except InputError as error:
      return str(error)

  counted = statistics.Statistics(source.label_table)
  shown, problems = {}, []
  places = np.linspace(0, number - 1, min(_NUM_SHOWN, number)).round()
  scenes = read_ahead.map_ahead(read, map(int, chosen), num_threads=4)
  bar = progress.bar(scenes, total=number, desc='Reading scenes')
  for place, scene in enumerate(bar):
    if isinstance(scene, str):
      problems.append(scene)
      continue
    counted.update(scene)
    if place in places:
      shown[source.image_ids[chosen[place]]] = scene
  height, width = values.config.data.height, values.config.data.width
  print(
    f'{values.split}: {len(source)} scenes at {height}x{width} (height x'
    f' width), {counted.num_scenes} of them read.'
  )
  if sizes := getattr(source, 'file_sizes', ()):
    counts = collections.Counter(sizes)
    line = statistics.size_line(counts)
    print(f'Sizes of the files (width x height): {line}.')
    is_resized = values.config.data.get('geometry', 'resize') == 'resize'
    if is_resized and (line := statistics.stretched(counts, (width, height))):
      print(line)
  if line := unknown_instances.summary(source):
    print(line)
  print(f'\n{counted.class_table()}\n\n{counted.instance_line()}')
  if shown:
    _write_sheet(values.output, source.label_table, shown)
  return problems


def _write_sheet(output: str, label_table, scenes: dict) -> None:
  import numpy as np

  from data_pipeline import instances
  from instgan_jax.visualization import image_grid

  grid = image_grid.image_grid(
    label_maps=np.stack([scene.label_map for scene in scenes.values()]),
    instance_maps=np.stack(
      [
        instances.number(scene, label_table).instance_map
        for scene in scenes.values()
      ]
    ),
    images={'image': np.stack([scene.image for scene in scenes.values()])},
    label_table=label_table,
    names=list(scenes),
  )
  image_grid.save_png(output, grid)


command = program.Command(
  __doc__,
  define_flags,
  main,
  config='The configuration, one of configs/*.py.',
)

if __name__ == '__main__':
  command.run()
