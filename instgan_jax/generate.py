r"""Draw folders of maps with a trained generator.

Examples:

  python -m instgan_jax.generate --workdir runs/toy_street \
    --label_dir data/toy/gtFine/val --instance_dir data/toy/gtFine/val \
    --output_dir pictures
  python -m instgan_jax.generate --workdir runs/lip --label_dir labels \
    --instance_dir instances --output_dir draws --num_draws 4 --grid
  python -m instgan_jax.generate --workdir runs/lip --label_dir labels \
    --instance_dir instances --output_dir other_car --resample 26003=7
  python -m instgan_jax.generate --workdir runs/lip --label_dir labels \
    --instance_dir instances --output_dir film --interpolate 26003=1..2

Maps are PNGs in Cityscapes' encodings (*_labelIds.png, *_instanceIds.png) or
dense instance ids (0 for none, 1 and up), of any size; no photo is needed.
Each scene gives OUTPUT_DIR/SCENE.png; several draws give seed_S/SCENE.png each,
an interpolation SCENE/frame_000.png and so on and SCENE.webp. An instance's
style depends on its id and the seed alone. Pictures that are there already and
not older than their maps are left, so that the same command continues after a
stop.

Exit status: 0 when it is done, 2 for wrong input, 128 + the signal when it was
stopped.
"""

from absl import flags

from data_pipeline.errors import InputError
from instgan_jax.cli import program
from instgan_jax.commands import generate
from instgan_jax.inference import edits, generation_plan
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.inference import styles as styles_lib
from instgan_jax.visualization import animation

_WORKDIR = flags.DEFINE_string(
  'workdir', None, 'A training workdir, an export, or imported GauGAN weights.'
)
_LABEL_DIR = flags.DEFINE_string(
  'label_dir', None, 'Folder of label maps, with all below it, or one PNG.'
)
_INSTANCE_DIR = flags.DEFINE_string(
  'instance_dir', '', 'Folder of instance maps, or one PNG.'
)
_OUTPUT_DIR = flags.DEFINE_string('output_dir', None, 'Folder of the pictures.')
_SCENES = flags.DEFINE_list('scenes', [], 'Names of the only scenes to draw.')
_SEED = flags.DEFINE_integer('seed', 0, 'Of the styles of the first draw.')
_SEED_BY_SCENE = flags.DEFINE_bool(
  'seed_by_scene',
  False,
  'Give each scene a seed of its own, made of --seed and its name, so that '
  'equal instance ids of two scenes look different.',
)
_NUM_DRAWS = flags.DEFINE_integer(
  'num_draws', 1, 'Pictures of each scene, with seeds from --seed on.'
)
_VARY = flags.DEFINE_list(
  'vary', [], 'Instances that alone change between draws: 26003,26004.'
)
_STYLES = flags.DEFINE_string(
  'styles', '', 'File of --save_styles: its styles instead of those of --seed.'
)
_RESAMPLE = flags.DEFINE_list(
  'resample', [], 'Other seeds for some instances: 26003=7,26004=8.'
)
_COPY = flags.DEFINE_list(
  'copy', [], 'Styles for other instances as well, FROM:TO: 26003:26007.'
)
_INTERPOLATE = flags.DEFINE_list(
  'interpolate', [], 'From one seed of an instance to another: 26003=1..2.'
)
_FRAMES = flags.DEFINE_integer('frames', 24, 'Pictures of an interpolation.')
_ANIMATION = flags.DEFINE_enum(
  'animation', 'webp', animation.FORMATS, 'Format of the animated file.'
)
_GRID = flags.DEFINE_bool(
  'grid', False, 'Contact sheets of maps and pictures in OUTPUT_DIR/grid.'
)
_SAVE_STYLES = flags.DEFINE_string(
  'save_styles', '', 'FILE.json to keep the styles of all instances in.'
)
_RESIZE_BACK = flags.DEFINE_bool(
  'resize_back', False, 'Give pictures the size of their maps.'
)
_WEIGHTS = flags.DEFINE_enum(
  'weights',
  'ema',
  ('ema', 'raw'),
  'The moving average (where the run has one), or the last weights.',
)
_BATCH_SIZE = flags.DEFINE_integer(
  'batch_size', 0, 'Pictures at once; 0: 1 per CPU device, 8 per accelerator.'
)


def main(_) -> None:
  """Checks the flags, draws and writes."""
  for flag in (_WORKDIR, _LABEL_DIR, _OUTPUT_DIR):
    if not flag.value:
      raise InputError(f'--{flag.name} is needed, see --help.')
  kept, weights_sha256 = {}, ''
  if _STYLES.value:
    kept, weights_sha256 = styles_lib.load(_STYLES.value)
  options = generate.Options(
    label_dir=_LABEL_DIR.value,
    instance_dir=_INSTANCE_DIR.value,
    output_dir=_OUTPUT_DIR.value,
    plan=generation_plan.Plan(
      seed=_SEED.value,
      seed_by_scene=_SEED_BY_SCENE.value,
      num_draws=_NUM_DRAWS.value,
      changes=edits.Edits(
        kept=kept,
        vary=edits.parse_ids(_VARY.value, 'vary'),
        resample=edits.parse_resample(_RESAMPLE.value, 'resample'),
        copy=edits.parse_copy(_COPY.value, 'copy'),
        interpolate=edits.parse_interpolate(_INTERPOLATE.value, 'interpolate'),
      ),
      num_frames=_FRAMES.value,
      resize_back=_RESIZE_BACK.value,
    ),
    scenes=tuple(_SCENES.value),
    animation=_ANIMATION.value,
    grid=_GRID.value,
    save_styles=_SAVE_STYLES.value,
  )
  sampler = sampler_lib.Sampler.from_folder(
    _WORKDIR.value,
    use_ema=_WEIGHTS.value == 'ema',
    batch_size=_BATCH_SIZE.value or generate.default_batch_size(),
  )
  if weights_sha256 not in ('', sampler.weights_sha256):
    print(
      f'The styles in {_STYLES.value} are of other weights: they may look '
      'otherwise here.'
    )
  print(generate.run(options, sampler))


if __name__ == '__main__':
  program.run(main)
