"""What is evaluated: the images of a generator, or of any program."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from data_pipeline import instances
from data_pipeline.scenes import Scenes
from instgan_jax.build import methods
from instgan_jax.evaluation import image_folder
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.inference import scene_maps
from instgan_jax.inference import styles as styles_lib


@dataclasses.dataclass(frozen=True)
class GeneratedImages:
  """Images to evaluate.

  Attributes:
    generate: (scenes, number of the sample) -> uint8 [N, H, W, 3].
    num_samples: how many there are of a scene; None for any number.
    metadata: JSON values that say what they are.
  """

  generate: Callable[[Scenes, int], np.ndarray]
  num_samples: int | None
  metadata: dict


def from_sampler(
  sampler: sampler_lib.Sampler,
  seed: int,
  workdir: str,
  style_of: str = 'instance',
) -> GeneratedImages:
  """The images of a generator with the styles of `seed` and the next ones.

  Args:
    sampler: of the generator.
    seed: of the first sample.
    workdir: its folder, for the metadata.
    style_of: as `generate`.
  """
  return GeneratedImages(
    generate=lambda scenes, k: generate(sampler, scenes, seed + k, style_of),
    num_samples=None if sampler.has_styles else 1,
    metadata={
      'workdir': workdir,
      'step': sampler.step,
      'weights': 'ema' if sampler.uses_ema else 'raw',
      'weights_sha256': sampler.weights_sha256,
      'method': methods.name(sampler.config),
      **({'style_of': style_of} if style_of != 'instance' else {}),
    },
  )


def generate(
  sampler: sampler_lib.Sampler,
  scenes: Scenes,
  seed: int,
  style_of: str = 'instance',
) -> np.ndarray:
  """Images of scenes of a data set with the styles of a seed.

  Args:
    sampler: of the generator.
    scenes: of the data set.
    seed: of the styles.
    style_of: 'instance', or 'class': the instances of a class in a scene have
      one style, that of the class where objects are unknown.

  Returns:
    uint8 [N, H, W, 3].
  """
  maps = [
    scene_maps.SceneMaps(label_map, instance_map, ids, label_map.shape, name)
    for name, label_map, instance_map, ids in zip(
      scenes.names,
      scenes.label_maps,
      scenes.instance_maps,
      scenes.instance_ids,
      strict=True,
    )
  ]
  if style_of == 'class':
    styles = [_styles_of_classes(sampler, scene, seed) for scene in maps]
  else:
    styles = [sampler.styles(scene, seed) for scene in maps]
  return sampler.generate(maps, styles)


def _styles_of_classes(
  sampler: sampler_lib.Sampler, scene: scene_maps.SceneMaps, seed: int
) -> styles_lib.Styles:
  def style(instance_id: int) -> np.ndarray:
    label = instance_id // instances.FIRST_THING_ID or instance_id
    return sampler.style(label, seed=seed, scene=scene.name)

  return {i: style(i) for i in sampler.style_ids(scene)}


def from_folders(
  folders: Sequence[image_folder.ImageFolder],
) -> GeneratedImages:
  """Images from folders, each of them a sample of every scene."""
  return GeneratedImages(
    generate=lambda scenes, k: np.stack(
      [folders[k].read(name) for name in scenes.names]
    ),
    num_samples=len(folders),
    metadata={'folders': [str(folder.path) for folder in folders]},
  )
