"""Evaluates a generator or folders of images: `instgan_jax.evaluate`."""

import copy
import functools
import pathlib
from collections.abc import Sequence

import ml_collections

from data_pipeline import atomic_file
from data_pipeline import batch as batch_lib
from data_pipeline.errors import InputError
from instgan_jax.build import data, label_table
from instgan_jax.evaluation import evaluation as evaluation_lib
from instgan_jax.evaluation import generated_images, image_folder, report
from instgan_jax.evaluation import options as options_lib
from instgan_jax.inference import sampler as sampler_lib


def evaluate_workdir(
  workdir: str,
  options: options_lib.Options,
  *,
  config: ml_collections.ConfigDict | None,
  dataset_dir: str,
  split: str,
  use_ema: bool,
  output: pathlib.Path | None,
  step: int | None = None,
) -> str:
  """Evaluates a generator.

  Args:
    workdir: a training workdir, an export, or imported GauGAN weights.
    options: how to evaluate.
    config: whose data to evaluate on; None for those of the workdir.
    dataset_dir: folders that `data.source=folder` reads, instead of the
      configuration's data.
    split: of the data.
    use_ema: takes the moving average, where a workdir has one.
    output: FILE.json to write; None for none.
    step: of a workdir's checkpoint; None for the latest.

  Returns:
    The tables, and where they were written.

  Raises:
    InputError: for a generator or data that cannot be used.
  """
  sampler = sampler_lib.Sampler.from_folder(
    workdir,
    use_ema=use_ema,
    batch_size=sampler_lib.default_batch_size(),
    step=step,
  )
  scenes_of = functools.partial(
    data_set,
    of_generator(config, sampler),
    path=dataset_dir,
    size=sampler.image_size,
  )
  images = generated_images.from_sampler(
    sampler, options.seed, workdir, options.style_of
  )
  return _evaluate(scenes_of, options, images, split, output)


def evaluate_folders(
  folders: Sequence[str],
  options: options_lib.Options,
  *,
  config: ml_collections.ConfigDict,
  dataset_dir: str,
  split: str,
  output: pathlib.Path | None,
) -> str:
  """Evaluates the images of any program.

  Args:
    folders: each has one image of every scene, named by it.
    options: how to evaluate.
    config: whose data to evaluate on.
    dataset_dir: folders that `data.source=folder` reads, instead of the
      configuration's data.
    split: of the data.
    output: FILE.json to write; None for none.

  Returns:
    The tables, and where they were written.

  Raises:
    InputError: for images or data that cannot be used.
  """
  if options.style_of != 'instance':
    raise InputError(
      f'--style_of is {options.style_of!r}, but the images of --generated have '
      'their styles already: leave it out, or evaluate a --workdir.'
    )
  data.check_path(config)
  # Any size will do to learn the names; the images have the one to use.
  names = data_set(config, split, path=dataset_dir).image_ids
  names = names[: options.num_scenes or None]
  samples = [image_folder.ImageFolder(path, names) for path in folders]
  sizes = {sample.size for sample in samples}
  if len(sizes) > 1:
    raise InputError(f'The folders have images of different sizes: {sizes}.')
  scenes_of = functools.partial(
    data_set, config, path=dataset_dir, size=samples[0].size
  )
  images = generated_images.from_folders(samples)
  return _evaluate(scenes_of, options, images, split, output)


def of_generator(
  config: ml_collections.ConfigDict | None, sampler: sampler_lib.Sampler
) -> ml_collections.ConfigDict:
  """Whose data to take: those of `config`, with the generator's classes.

  Args:
    config: None for that of the generator.
    sampler: of the generator.

  Raises:
    InputError: as `build.data.check_path`.
  """
  if config is None:
    return sampler.config
  data.check_path(config)
  if 'labels' not in sampler.config:
    return config
  return label_table.with_table(config, sampler.label_table)


def data_set(
  config: ml_collections.ConfigDict,
  split: str,
  *,
  path: str = '',
  size: tuple[int, int] | None = None,
) -> batch_lib.Source:
  """The scenes to evaluate on.

  Args:
    config: whose data are taken, unless `path` is given.
    split: of the data.
    path: of folders, as `data.source=folder` reads them.
    size: height and width; None for those of `config`.

  Raises:
    InputError: for data that cannot be read, or of another size.
  """
  size = size or (config.data.height, config.data.width)
  if path:
    config = copy.deepcopy(config)
    config.data.update({'source': 'folder', 'path': path})
    config.data.height, config.data.width = size
  if size != (config.data.height, config.data.width):
    raise InputError(
      f'The images are {size[0]}x{size[1]}, the configuration asks for '
      f'{config.data.height}x{config.data.width}: give --config.data.height='
      f'{size[0]} --config.data.width={size[1]}.'
    )
  return data.source(config, split)


def _evaluate(scenes_of, options, images, split: str, output) -> str:
  if output:
    atomic_file.check_writable(output)
  available = len(scenes_of(split))
  if options.num_scenes > available:
    raise InputError(
      f'--num_scenes is {options.num_scenes}, but the split {split} has '
      f'{available} scenes: expected at most as many, or 0 for all.'
    )
  evaluation = evaluation_lib.Evaluation(scenes_of, options, split=split)
  results = evaluation.run(
    images,
    confusion_png=output and output.with_name(f'{output.stem}_confusion.png'),
  )
  text = evaluation_lib.text(results)
  if output is None:
    return text
  report.save_json(output, results)
  atomic_file.write_text(output.with_suffix('.md'), text + '\n')
  return f'{text}\n\nWrote {output}.'
