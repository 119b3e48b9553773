"""Generates images of folders of maps: `instgan_jax.generate`."""

import dataclasses

from data_pipeline import file_lock
from instgan_jax.commands import (
  folder_scenes,
  generate_options,
  missing_images,
  named_instances,
  overviews,
)
from instgan_jax.inference import map_folder, output_folder, photograph_styles
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.inference import styles as styles_lib
from instgan_jax.runtime import interruption


def run(options: generate_options.Options, sampler: sampler_lib.Sampler) -> str:
  """Generates the images that are missing, damaged or of other maps.

  Args:
    options: see `generate_options.Options`.
    sampler: of the generator.

  Returns:
    Lines on what was written.

  Raises:
    InputError: for folders, maps, ids or styles that do not fit.
    exits.Stopped: after SIGTERM or Ctrl-C, when all that was begun is written.
  """
  options.check(sampler)
  found = map_folder.find(
    options.label_dir,
    options.instance_dir or None if sampler.needs_instance_map else None,
    options.scenes,
  )
  options = _with_photographs(options, sampler, found)
  files = named_instances.scenes_to_generate(options.plan, sampler, found)
  output = output_folder.prepare(
    options.output_dir,
    map_folders=[f for f in (options.label_dir, options.instance_dir) if f],
    settings=options.plan.record(sampler),
    names=[name for scene in files for name in options.files(scene.name)],
  )
  refusal = (
    f'Another program is generating into {output}: wait for its end, stop it, '
    'or choose another --output_dir.'
  )
  with file_lock.held(output / output_folder.RECORD, refusal):
    return _generate(options, sampler, files)


def _generate(
  options: generate_options.Options,
  sampler: sampler_lib.Sampler,
  files: folder_scenes.Files,
) -> str:
  if options.save_styles:
    _save_styles(options, sampler, files)
  with interruption.Interruption('finishing what is begun') as stop:
    images = missing_images.MissingImages(options, sampler, files)
    lines = images.generate(stop)
    if options.plan.edits.interpolate:
      lines.append(overviews.animate(options, files, stop))
    if options.grid:
      lines.append(overviews.make_grids(options, sampler, files, stop))
  return '\n'.join(lines)


def _with_photographs(
  options: generate_options.Options,
  sampler: sampler_lib.Sampler,
  files: folder_scenes.Files,
) -> generate_options.Options:
  """The same options with styles in the place of photographs."""
  edits = options.plan.edits.with_styles(
    photograph_styles.Reader(sampler.encode)
  )
  kept = dict(edits.kept)
  for photograph in options.photographs:
    found = photograph_styles.of_scenes(photograph, files, sampler.encode)
    for scene, styles in found.items():
      kept[scene] = {**edits.kept_in(scene), **kept.get(scene, {}), **styles}
  edits = dataclasses.replace(edits, kept=kept)
  return dataclasses.replace(
    options, plan=dataclasses.replace(options.plan, edits=edits)
  )


def _save_styles(
  options: generate_options.Options,
  sampler: sampler_lib.Sampler,
  files: folder_scenes.Files,
) -> None:
  """Writes the styles of all instances of all scenes."""
  plan = options.plan
  by_scene: dict[str, styles_lib.Styles] = {}
  for scene in folder_scenes.read(sampler, files, 'Styles'):
    (variant,) = plan.variants(scene.name)
    name = scene.name if plan.seed_by_scene else styles_lib.ANY_SCENE
    styles = plan.styles(sampler, scene, variant)
    by_scene.setdefault(name, {}).update(styles)
  styles_lib.save(options.save_styles, by_scene, sampler.weights_sha256)
