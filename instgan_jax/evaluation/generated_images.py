"""What is evaluated: the images of a generator, or of any program."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from data_pipeline.scenes import Scenes
from instgan_jax.build import methods
from instgan_jax.evaluation import image_folder
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.inference import scene_maps


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
  sampler: sampler_lib.Sampler, seed: int, workdir: str
) -> GeneratedImages:
  """The images of a generator with the styles of `seed` and the next ones.

  Args:
    sampler: of the generator.
    seed: of the first sample.
    workdir: its folder, for the metadata.
  """
  return GeneratedImages(
    generate=lambda scenes, k: generate(sampler, scenes, seed + k),
    num_samples=None if sampler.has_styles else 1,
    metadata={
      'workdir': workdir,
      'step': sampler.step,
      'weights': 'ema' if sampler.uses_ema else 'raw',
      'weights_sha256': sampler.weights_sha256,
      'method': methods.name(sampler.config),
    },
  )


def generate(
  sampler: sampler_lib.Sampler, scenes: Scenes, seed: int
) -> np.ndarray:
  """Images of scenes of a data set with the styles of a seed.

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
  return sampler.generate(maps, [sampler.styles(scene, seed) for scene in maps])


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
