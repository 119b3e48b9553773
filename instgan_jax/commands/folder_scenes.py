"""The scenes of folders of maps, read in their order."""

from collections.abc import Iterator, Sequence

from data_pipeline import progress, read_ahead
from instgan_jax.inference import map_folder, scene_maps
from instgan_jax.inference import sampler as sampler_lib

_NUM_THREADS = 4

Files = Sequence[map_folder.SceneFiles]


def read(
  sampler: sampler_lib.Sampler, files: Files, task: str = ''
) -> Iterator[scene_maps.SceneMaps]:
  """Reads scenes in threads a little ahead.

  Args:
    sampler: of the generator, whose size and classes they get.
    files: of the scenes.
    task: what a progress bar is called; '' for none.

  Raises:
    InputError: for a scene that cannot be read.
  """

  def scene_of(scene: map_folder.SceneFiles) -> scene_maps.SceneMaps:
    return sampler.scene(scene.label_map, scene.instance_map, name=scene.name)

  scenes = read_ahead.map_ahead(scene_of, files, num_threads=_NUM_THREADS)
  if not task:
    return scenes
  return iter(progress.bar(scenes, desc=task, total=len(files), unit='scene'))
