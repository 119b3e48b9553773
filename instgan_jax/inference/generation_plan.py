"""What `generate` makes of each scene: images, their names and their styles."""

import collections
import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from data_pipeline.errors import InputError
from instgan_jax.inference import edits as edits_lib
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.inference import scene_maps
from instgan_jax.inference import styles as styles_lib


class Variant(NamedTuple):
  """One of a scene's images.

  Attributes:
    title: what distinguishes it.
    path: of the PNG, below the output folder.
    sample: number of the sample, from 0 on.
    t: position in the interpolations.
  """

  title: str
  path: str
  sample: int = 0
  t: float = 0.0


@dataclasses.dataclass(frozen=True)
class Plan:
  """What is generated of each scene.

  Attributes:
    seed: of the first sample; the others have the following ones.
    seed_by_scene: whether the styles depend on the scene's name. Otherwise an
      instance id has the same style in all scenes.
    num_samples: of each scene.
    edits: of styles.
    num_frames: of an interpolation.
    resize_back: whether images get the size of their maps.
    image_size: height and width, where it is not that of the training.
  """

  seed: int = 0
  seed_by_scene: bool = True
  num_samples: int = 1
  edits: edits_lib.Edits = edits_lib.Edits()
  num_frames: int = 24
  resize_back: bool = False
  image_size: tuple[int, int] | None = None

  def check(self, sampler: sampler_lib.Sampler) -> None:
    """Raises InputError for what contradicts itself or the generator."""
    edits = self.edits
    for flag, value, least in (
      ('seed', self.seed, 0),
      ('num_draws', self.num_samples, 1),
      ('frames', self.num_frames, 2),
    ):
      if value < least:
        raise InputError(f'--{flag} is {value}, expected at least {least}.')
    has_edits = edits.named_ids or edits.kept
    if (has_edits or self.num_samples > 1) and not sampler.has_styles:
      raise InputError(
        'This generator is of method L, which generates one image of a scene: '
        'leave out --num_draws and every flag that changes styles.'
      )
    if edits.interpolate and self.num_samples > 1:
      raise InputError('--interpolate makes one series: leave out --num_draws.')
    if edits.vary and self.num_samples == 1:
      raise InputError(
        '--vary says what differs between several images: give --num_draws.'
      )
    givers = collections.defaultdict(list)
    for flag in ('vary', 'resample', 'copy', 'interpolate', 'style_from'):
      for i in getattr(edits, flag):
        givers[i].append(f'--{flag}')
    for i, names in givers.items():
      if len(names) > 1:
        raise InputError(
          f'{" and ".join(names)} each give the instance {i} its style: leave '
          'out all but one.'
        )

  def variants(self, scene: str) -> list[Variant]:
    """The images of the scene of that name."""
    if self.edits.interpolate:
      return [
        Variant(f't = {t:.2f}', f'{scene}/frame_{k:03d}.png', 0, float(t))
        for k, t in enumerate(np.linspace(0.0, 1.0, self.num_frames))
      ]
    if self.num_samples == 1:
      return [Variant(f'seed {self.seed}', f'{scene}.png')]
    seeds = range(self.seed, self.seed + self.num_samples)
    return [
      Variant(f'seed {seed}', f'seed_{seed}/{scene}.png', k)
      for k, seed in enumerate(seeds)
    ]

  def styles(
    self,
    sampler: sampler_lib.Sampler,
    scene: scene_maps.SceneMaps,
    variant: Variant,
  ) -> styles_lib.Styles:
    """The styles of an image of a scene."""
    name = scene.name if self.seed_by_scene else styles_lib.ANY_SCENE
    return self.edits.styles(
      scene.name,
      sampler.style_ids(scene),
      lambda i, seed: sampler.style(i, seed=seed, scene=name),
      seed=self.seed,
      sample=variant.sample,
      t=variant.t,
    )

  def record(self, sampler: sampler_lib.Sampler) -> dict:
    """All that an image depends on but its maps, as JSON values.

    The number of samples is not in it: more of them can join.
    """
    edits = self.edits
    record = {
      'weights_sha256': sampler.weights_sha256,
      'step': sampler.step,
      'dtype': sampler.config.dtype,
      'seed': self.seed,
      'seed_by_scene': self.seed_by_scene,
      'has_several_draws': self.num_samples > 1,
      'vary': edits.vary,
      'styles_sha256': _sha256(edits.kept) if edits.kept else None,
      'resample': edits.resample,
      'copy': edits.copy,
      'interpolate': {
        i: list(map(_end, ends)) for i, ends in edits.interpolate.items()
      },
      'num_frames': self.num_frames if edits.interpolate else None,
      'resize_back': self.resize_back,
    }
    if edits.style_from:
      styles = {i: np.asarray(end) for i, end in edits.style_from.items()}
      record['style_from_sha256'] = _sha256({'': styles})
    if self.image_size:
      record['image_size'] = self.image_size
    if self.seed_by_scene:
      # Before 0.2 the styles of a scene were another function of the seed.
      record['style_function'] = 'seed, scene, id'
    return json.loads(json.dumps(record))


def _end(end: edits_lib.End) -> int | str:
  if isinstance(end, int):
    return end
  return hashlib.sha256(np.asarray(end).tobytes()).hexdigest()


def _sha256(kept: Mapping[str, styles_lib.Styles]) -> str:
  digest = hashlib.sha256()
  for scene in sorted(kept):
    # Those of any scene have the name '', so that records before 0.2 agree.
    digest.update(scene.encode())
    for i in sorted(kept[scene]):
      digest.update(str(i).encode() + kept[scene][i].tobytes())
  return digest.hexdigest()
