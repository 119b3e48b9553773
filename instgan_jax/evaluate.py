r"""Measure a trained generator, or any folder of pictures.

Examples:

  python -m instgan_jax.evaluate --workdir runs/toy_street
  python -m instgan_jax.evaluate --workdir runs/toy_street \
    --segmenter runs/toy_segmenter --num_draws 3 --output runs/measures.json
  python -m instgan_jax.evaluate --workdir runs/lip \
    --metrics fid,kid,miou,micv --inception weights/inception \
    --segmenter weights/pspnet --output lip.json
  python -m instgan_jax.evaluate --generated results/images \
    --dataset_dir /data/cityscapes --inception weights/inception

It prints a table and writes it, as FILE.md beside FILE.json, and the confusion
matrix as FILE_confusion.png. The pictures of --generated have the names of the
scenes. Exit status: 0 when it is done, 2 for wrong input.
"""

import pathlib

from absl import flags
from ml_collections import config_flags

from configs import cityscapes_l
from data_pipeline.errors import InputError
from instgan_jax.cli import evaluation_flags, program
from instgan_jax.commands import evaluate
from instgan_jax.evaluation import evaluation, image_folder, report
from instgan_jax.evaluation import generated_images as pictures_lib
from instgan_jax.inference import sampler as sampler_lib

_CONFIG = config_flags.DEFINE_config_file(
  'config', None, 'Whose data to measure on; default: that of the workdir.'
)
_WORKDIR = flags.DEFINE_string(
  'workdir', None, 'A training workdir, an export, or imported GauGAN weights.'
)
_GENERATED = flags.DEFINE_multi_string(
  'generated',
  [],
  'A folder of pictures; given several times, each is a draw.',
)
_DATASET_DIR = flags.DEFINE_string(
  'dataset_dir', '', "Folders in Cityscapes' layout, instead of --config."
)
_SPLIT = flags.DEFINE_string('split', 'val', 'Which scenes are drawn.')
_WEIGHTS = flags.DEFINE_enum(
  'weights',
  'ema',
  ('ema', 'raw'),
  'The moving average (where the run has one), or the last weights.',
)
_OUTPUT = flags.DEFINE_string('output', '', 'FILE.json to write.')
_options = evaluation_flags.define()
flags.adopt_module_key_flags(evaluation_flags)


def main(_) -> None:
  """Checks the flags, measures and writes."""
  if bool(_WORKDIR.value) == bool(_GENERATED.value):
    raise InputError(
      'Either --workdir or --generated is needed, to say what to measure.'
    )
  output = pathlib.Path(_OUTPUT.value) if _OUTPUT.value else None
  if output and output.suffix != '.json':
    raise InputError(
      f'--output is {output}, expected a name that ends in .json.'
    )
  options = _options()
  if _WORKDIR.value:
    pictures, scenes_of = _of_workdir(options)
  else:
    pictures, scenes_of = _of_folders(options)
  evaluation = evaluation.Evaluation(scenes_of, options, split=_SPLIT.value)
  results = evaluation.run(
    pictures,
    confusion_png=output and output.with_name(f'{output.stem}_confusion.png'),
  )
  text = evaluation.text(results)
  print(text)
  if output:
    report.save_json(output, results)
    output.with_suffix('.md').write_text(text + '\n')
    print(f'\nWrote {output}.')


def _of_workdir(options):
  sampler = sampler_lib.Sampler.from_folder(
    _WORKDIR.value, use_ema=_WEIGHTS.value == 'ema'
  )
  config = _CONFIG.value or sampler.config
  return (
    pictures_lib.from_sampler(sampler, options.seed, _WORKDIR.value),
    lambda split: evaluate.data_set(
      config, split, path=_DATASET_DIR.value, size=sampler.image_size
    ),
  )


def _of_folders(options):
  if not _CONFIG.value and not _DATASET_DIR.value:
    raise InputError(
      'With --generated, --dataset_dir or --config is needed, to say which '
      'scenes the pictures are of.'
    )
  config = _CONFIG.value or cityscapes_l.get_config()
  # Any size will do to learn the names; the pictures say which is meant.
  names = evaluate.data_set(
    config, _SPLIT.value, path=_DATASET_DIR.value
  ).image_ids
  names = names[: options.num_scenes or None]
  folders = [image_folder.ImageFolder(path, names) for path in _GENERATED.value]
  sizes = {found.size for found in folders}
  if len(sizes) > 1:
    raise InputError(f'The folders have pictures of different sizes: {sizes}.')
  return (
    pictures_lib.from_folders(folders),
    lambda split: evaluate.data_set(
      config, split, path=_DATASET_DIR.value, size=folders[0].size
    ),
  )


if __name__ == '__main__':
  program.run(main)
