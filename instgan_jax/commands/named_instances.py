"""The instances that the flags of `generate` name, sought in the maps."""

from collections.abc import Mapping

from data_pipeline.errors import InputError, summarize
from instgan_jax.commands import folder_scenes
from instgan_jax.inference import generation_plan, style_space
from instgan_jax.inference import sampler as sampler_lib

_NUM_IDS_SHOWN = 100


def scenes_to_generate(
  plan: generation_plan.Plan,
  sampler: sampler_lib.Sampler,
  files: folder_scenes.Files,
) -> folder_scenes.Files:
  """Checks that the ids that the flags name are in the maps.

  Args:
    plan: whose edits name them.
    sampler: of the generator.
    files: of all scenes.

  Returns:
    The scenes to generate: with interpolations those that have such an
    instance.

  Raises:
    InputError: naming the id, if no scene has it, or its style, if it is of
      another generator.
  """
  edits = plan.edits
  if not (edits.named_ids or edits.kept):
    return files
  ids = {
    scene.name: sampler.style_ids(scene)
    for scene in folder_scenes.read(sampler, files, 'Reading maps')
  }
  present = sorted(set().union(*ids.values()))
  for i in edits.named_ids:
    if len(files) == 1 or len(present) <= _NUM_IDS_SHOWN:
      style_space.check_known(i, present)
    if i not in present:
      raise InputError(
        f'There is no instance {i} in any of {len(files)} scenes. The first '
        f'one, {files[0].name}, has {", ".join(map(str, ids[files[0].name]))}.'
      )
  if edits.kept:
    _check_kept_styles(plan, sampler, ids)
  if not edits.interpolate:
    return files
  return [
    scene for scene in files if set(ids[scene.name]) & set(edits.interpolate)
  ]


def _check_kept_styles(
  plan: generation_plan.Plan,
  sampler: sampler_lib.Sampler,
  ids: Mapping[str, tuple[int, ...]],
) -> None:
  """Checks the styles of `--styles` against the instances of the scenes."""
  is_kept = []
  for scene, present in ids.items():
    kept = plan.edits.kept_in(scene)
    for i in present:
      is_kept.append(i in kept)
      if i in kept:
        sampler.check_style(i, kept[i])
  if not any(is_kept):
    named = sorted({i for kept in plan.edits.kept.values() for i in kept})
    raise InputError(
      'No scene has an instance of those in --styles or --style_from: '
      f'{summarize(list(map(str, named)))}.'
    )
  if plan.num_samples > 1 and not plan.edits.vary and all(is_kept):
    raise InputError(
      '--styles or --style_from gives every instance one style, so that all '
      'images would be the same: leave out --num_draws, or give --vary.'
    )
