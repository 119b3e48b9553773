"""The options of `instgan_jax.generate`."""

import dataclasses

from data_pipeline.errors import InputError
from instgan_jax.inference import generation_plan, photograph_styles
from instgan_jax.inference import sampler as sampler_lib


@dataclasses.dataclass(frozen=True)
class Options:
  """Options of `generate`.

  Attributes:
    label_dir: folder of label maps, see `inference.map_folder`.
    instance_dir: folder of instance maps; '' for none.
    output_dir: folder of the images.
    plan: which images of each scene.
    scenes: names of the only scenes to generate; empty for all.
    animation: format of the animated file, see `visualization.animation`.
    grid: whether to make grids of maps and images.
    save_styles: file to keep the styles of all instances in; '' for none.
    photographs: whose instances give those of the scenes their styles.
  """

  label_dir: str
  instance_dir: str
  output_dir: str
  plan: generation_plan.Plan
  scenes: tuple[str, ...] = ()
  animation: str = 'webp'
  grid: bool = False
  save_styles: str = ''
  photographs: tuple[photograph_styles.Photograph, ...] = ()

  def check(self, sampler: sampler_lib.Sampler) -> None:
    """Raises InputError for what contradicts itself or the generator."""
    plan = self.plan
    plan.check(sampler)
    is_one_image = plan.num_samples == 1 and not plan.edits.interpolate
    if self.save_styles and not is_one_image:
      raise InputError(
        '--save_styles keeps one style for each instance of a scene: leave out '
        '--interpolate and --num_draws. (The sample number K, from 0 on, has '
        'the seed --seed + K.)'
      )

  def files(self, scene: str) -> list[str]:
    """The files of the scene of that name, below the output folder."""
    names = [variant.path for variant in self.plan.variants(scene)]
    if self.plan.edits.interpolate:
      names.append(self.animated_file(scene))
    return names

  def animated_file(self, scene: str) -> str:
    """The animation of the scene of that name, below the output folder."""
    return f'{scene}.{self.animation}'
