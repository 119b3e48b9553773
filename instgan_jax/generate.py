r"""Generate images of folders of maps with a trained generator.

Examples:

  python -m instgan_jax.generate --output_dir images --num_draws 3 --grid
  python -m instgan_jax.generate --workdir runs/toy_street \
    --label_dir data/toy/gtFine/val --instance_dir data/toy/gtFine/val \
    --output_dir images
  python -m instgan_jax.generate --workdir runs/lip --label_dir labels \
    --instance_dir instances --output_dir samples --num_draws 4 --grid
  python -m instgan_jax.generate --workdir runs/lip --label_dir labels \
    --instance_dir instances --output_dir other_car --resample 26003=7
  python -m instgan_jax.generate --workdir runs/lip --label_dir labels \
    --instance_dir instances --output_dir film --interpolate 26003=1..2
  python -m instgan_jax.generate --workdir runs/strong --label_dir labels \
    --instance_dir instances --output_dir real_car \
    --style_from 26003=photo.png:photo_instanceIds.png:26001
  python -m instgan_jax.generate --label_dir labels --instance_dir instances \
    --output_dir reconstructed --style_from photos

Maps are PNGs in Cityscapes' encodings (*_labelIds.png, *_instanceIds.png) or
dense instance ids (0 for none, 1 and up), of any size; no photo is needed.
Each scene gives OUTPUT_DIR/SCENE.png; several samples give seed_S/SCENE.png
each, an interpolation SCENE/frame_000.png and so on and SCENE.webp. The style
of an instance depends on the seed, the scene's name and its id. Images that
exist and are of the same maps are left, so that the same command continues
after a stop.

Exit status: 0 when it is done, 2 for wrong input, 128 + the signal when it was
stopped.
"""

import dataclasses

from absl import flags

from data_pipeline.errors import InputError
from instgan_jax.cli import generator_workdir, image_size, program


def define_flags(values: flags.FlagValues) -> None:
  """Defines the flags."""
  string, integer = program.definers(
    values, flags.DEFINE_string, flags.DEFINE_integer
  )
  boolean, names, choice = program.definers(
    values, flags.DEFINE_bool, program.define_list, flags.DEFINE_enum
  )
  string('workdir', None, generator_workdir.DESCRIPTION)
  integer('step', None, program.STEP)
  string(
    'label_dir',
    None,
    'Folder of label maps, with all below it, or one PNG. Without it a '
    'generator of toy streets gets some, in OUTPUT_DIR/toy_streets.',
  )
  string(
    'instance_dir',
    '',
    'Folder of instance maps, or one PNG; without it each class that has '
    'instances has one style in a scene.',
  )
  string('output_dir', None, 'Folder of the images.')
  names('scenes', [], 'Names of the only scenes to generate.')
  integer('seed', 0, 'Of the styles of the first sample.')
  boolean(
    'seed_by_scene',
    True,
    'Let the styles of a seed depend on the name of the scene. With '
    '--noseed_by_scene equal instance ids have the same style in all scenes.',
  )
  integer('num_draws', 1, 'Samples of each scene, with seeds from --seed on.')
  names(
    'vary',
    [],
    'Instances that alone change between the samples: 26003,26004.',
  )
  string(
    'styles',
    '',
    'File of --save_styles: its styles instead of those of --seed.',
  )
  names('resample', [], 'Other seeds for some instances: 26003=7,26004=8.')
  names('copy', [], 'Styles for other instances as well, FROM:TO: 26003:26007.')
  names(
    'interpolate',
    [],
    'From one seed of an instance to another: 26003=1..2; or from and to '
    'styles of photographs, PHOTO:INSTANCE_MAP:ID_THERE.',
  )
  names(
    'style_from',
    [],
    'Styles of photographs, with an instance encoder: for one instance '
    'ID=PHOTO:INSTANCE_MAP:ID_THERE; for all, by their ids, '
    'PHOTO:INSTANCE_MAP, or PHOTO of the scene itself, or the folder of the '
    "scenes' photographs.",
  )
  integer('frames', 24, 'Images of an interpolation.')
  choice(
    'animation', 'webp', ('webp', 'gif', 'png'), 'Format of the animated file.'
  )
  boolean('grid', False, 'Grids of maps and images in OUTPUT_DIR/grid.')
  string('save_styles', '', 'FILE.json to keep the styles of all instances in.')
  boolean('resize_back', False, 'Give images the size of their maps.')
  string(
    'image_size',
    None,
    'HEIGHTxWIDTH to generate, multiples of the stride; default: as trained.',
  )
  choice('weights', 'ema', ('ema', 'raw'), program.WEIGHTS)
  integer(
    'batch_size',
    0,
    'Images at once; 0: 1 for each CPU device, 8 for each accelerator.',
  )


def main(values: flags.FlagValues) -> None:
  """Checks the flags, generates and writes."""
  program.require(values, 'output_dir')
  if values.label_dir is not None or values.instance_dir:
    program.require(values, 'label_dir')

  from instgan_jax.commands import generate, toy_maps
  from instgan_jax.inference import sampler as sampler_lib

  options, styles_of = _options(values)
  if values.batch_size < 0:
    raise InputError(
      f'--batch_size is {values.batch_size}, expected 0 or more.'
    )
  sampler = sampler_lib.Sampler.from_folder(
    generator_workdir.given_or_shipped(values),
    use_ema=values.weights == 'ema',
    step=values.step,
    batch_size=values.batch_size or sampler_lib.default_batch_size(),
    image_size=options.plan.image_size,
  )
  if values.label_dir is None:
    maps = toy_maps.write(sampler, values.output_dir)
    print(f'No --label_dir: toy streets, whose maps are in {maps}.')
    options = dataclasses.replace(options, label_dir=maps, instance_dir=maps)
  if options.plan.image_size:
    print(
      f'Generating at {values.image_size}, which the generator may not have '
      'been trained with: objects look best at the size that they had there.'
    )
  if styles_of not in ('', sampler.weights_sha256):
    print(
      f'The styles in {values.styles} are of other weights: their images may '
      'differ here.'
    )
  print(generate.run(options, sampler))


def _options(values: flags.FlagValues):
  """The options, and the SHA-256 of the weights that --styles is of."""
  from instgan_jax.commands import generate_options
  from instgan_jax.inference import edits, generation_plan, photograph_styles
  from instgan_jax.inference import styles as styles_lib

  kept: dict[str, styles_lib.Styles] = {}
  styles_of = ''
  if values.styles:
    kept, styles_of = styles_lib.load(values.styles)
  chosen, photographs = photograph_styles.parse_style_from(
    values.style_from, 'style_from'
  )
  changes = edits.Edits(
    kept=kept,
    vary=edits.parse_ids(values.vary, 'vary'),
    resample=edits.parse_resample(values.resample, 'resample'),
    copy=edits.parse_copy(values.copy, 'copy'),
    interpolate=edits.parse_interpolate(values.interpolate, 'interpolate'),
    style_from=chosen,
  )
  plan = generation_plan.Plan(
    seed=values.seed,
    seed_by_scene=values.seed_by_scene,
    num_samples=values.num_draws,
    edits=changes,
    num_frames=values.frames,
    resize_back=values.resize_back,
    image_size=image_size.parse(values.image_size, 'image_size'),
  )
  options = generate_options.Options(
    label_dir=values.label_dir or '',
    instance_dir=values.instance_dir,
    output_dir=values.output_dir,
    plan=plan,
    scenes=tuple(values.scenes),
    animation=values.animation,
    grid=values.grid,
    save_styles=values.save_styles,
    photographs=photographs,
  )
  return options, styles_of


command = program.Command(__doc__, define_flags, main)

if __name__ == '__main__':
  command.run()
