"""What to draw: the pictures of each scene, their names and their styles."""

import dataclasses
import hashlib
import json
from typing import NamedTuple

import numpy as np

from data_pipeline.errors import InputError
from instgan_jax.inference import edits, sampler, scene_maps
from instgan_jax.inference import styles as styles_lib

# Scene seeds are below it.
_NUM_SEEDS = 2**32


class Look(NamedTuple):
  """One of a scene's pictures.

  Attributes:
    title: what it differs in.
    path: of the PNG, below the output folder.
    draw: number of the draw.
    t: place in the interpolations.
  """

  title: str
  path: str
  draw: int = 0
  t: float = 0.0


@dataclasses.dataclass(frozen=True)
class Plan:
  """What to draw.

  Attributes:
    seed: of the first draw; the others have the following ones.
    seed_by_scene: whether each scene has a seed of its own, made of `seed` and
      its name. Otherwise an instance id has the same style in all scenes.
    num_draws: of each scene.
    changes: of styles.
    num_frames: of an interpolation.
    resize_back: whether pictures get the size of their maps.
  """

  seed: int = 0
  seed_by_scene: bool = False
  num_draws: int = 1
  changes: edits.Edits = edits.Edits()
  num_frames: int = 24
  resize_back: bool = False

  def check(self, drawing: sampler.Sampler) -> None:
    """Raises InputError for what contradicts itself or the generator."""
    changes = self.changes
    for flag, value, least in (
      ('seed', self.seed, 0),
      ('num_draws', self.num_draws, 1),
      ('frames', self.num_frames, 2),
    ):
      if value < least:
        raise InputError(f'--{flag} is {value}, expected at least {least}.')
    has_changes = changes.named_ids or changes.kept
    if (has_changes or self.num_draws > 1) and not drawing.has_styles:
      raise InputError(
        'This generator is of method L, which draws one picture of a scene: '
        'leave out --num_draws and every flag that changes styles.'
      )
    if changes.interpolate and self.num_draws > 1:
      raise InputError('--interpolate makes one series: leave out --num_draws.')
    if changes.vary and self.num_draws == 1:
      raise InputError(
        '--vary says what differs between several drawings: give --num_draws.'
      )
    for i in changes.vary:
      if i in changes.resample or i in changes.copy:
        raise InputError(
          f'--vary changes the instance {i} from drawing to drawing, another '
          'flag gives it one style: leave out one of them.'
        )

  def looks(self, scene: str) -> list[Look]:
    """The pictures of the scene of that name."""
    if self.changes.interpolate:
      return [
        Look(f't = {t:.2f}', f'{scene}/frame_{k:03d}.png', 0, float(t))
        for k, t in enumerate(np.linspace(0.0, 1.0, self.num_frames))
      ]
    if self.num_draws == 1:
      return [Look(f'seed {self.seed}', f'{scene}.png')]
    seeds = range(self.seed, self.seed + self.num_draws)
    return [
      Look(f'seed {seed}', f'seed_{seed}/{scene}.png', k)
      for k, seed in enumerate(seeds)
    ]

  def styles(
    self,
    drawing: sampler.Sampler,
    name: str,
    scene: scene_maps.SceneMaps,
    look: Look,
  ) -> styles_lib.Styles:
    """The styles of a picture of the scene `name`."""
    seed = self.seed
    if self.seed_by_scene:
      digest = hashlib.sha256(f'{seed}/{name}'.encode()).digest()
      seed = int.from_bytes(digest[:8]) % _NUM_SEEDS
    return self.changes.styles(
      drawing.style_ids(scene),
      drawing.style,
      seed=seed,
      draw=look.draw,
      t=look.t,
    )

  def record(self, drawing: sampler.Sampler) -> dict:
    """All that a picture depends on but its maps, as JSON values.

    The number of draws is not in it: more of them can join.
    """
    changes = self.changes
    kept = hashlib.sha256()
    for i in sorted(changes.kept):
      kept.update(str(i).encode() + changes.kept[i].tobytes())
    record = {
      'weights_sha256': drawing.weights_sha256,
      'step': drawing.step,
      'dtype': drawing.config.dtype,
      'seed': self.seed,
      'seed_by_scene': self.seed_by_scene,
      'has_several_draws': self.num_draws > 1,
      'vary': changes.vary,
      'styles_sha256': kept.hexdigest() if changes.kept else None,
      'resample': changes.resample,
      'copy': changes.copy,
      'interpolate': changes.interpolate,
      'num_frames': self.num_frames if changes.interpolate else None,
      'resize_back': self.resize_back,
    }
    return json.loads(json.dumps(record))
