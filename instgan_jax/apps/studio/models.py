"""The generators that a studio shows beside each other."""

import pathlib
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from instgan_jax.apps.studio import bodies, label_table
from instgan_jax.apps.studio import layout as layout_lib
from instgan_jax.build import methods
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.inference import scene_maps
from instgan_jax.inference import styles as styles_lib


class Model(NamedTuple):
  """One generator.

  Attributes:
    folder: of its weights, as it was given.
    sampler: of one image at a time.
  """

  folder: str
  sampler: sampler_lib.Sampler

  @property
  def method(self) -> str:
    """L, L+I or L+I+P."""
    return methods.name(self.sampler.config)

  @property
  def key(self) -> str:
    """What the looks that it reads are marked with."""
    return self.sampler.weights_sha256[:16]

  def describe(self) -> dict:
    """What the page shows of it, ready for JSON."""
    sampler = self.sampler
    height, width = sampler.image_size
    return {
      'key': self.key,
      'name': pathlib.Path(self.folder).resolve().name,
      'folder': self.folder,
      'method': self.method,
      'step': sampler.step,
      'height': height,
      'width': width,
      'has_styles': sampler.has_styles,
      'has_instance_styles': bool(sampler.config.model.use_instances),
      'has_encoder': sampler.encoder is not None,
      'has_whole_image_style': bool(sampler.config.model.image_style_dim),
      'max_instances': sampler.max_instances,
      'labels': label_table.rows(sampler.label_table),
    }

  def scene(self, layout: layout_lib.Layout, name: str) -> scene_maps.SceneMaps:
    """The maps of a layout, as `generate` would read them from files."""
    label_map, instance_map = layout.maps()
    needed = instance_map if self.sampler.needs_instance_map else None
    return self.sampler.scene(label_map, needed, name=name)

  def styles(
    self,
    scene: scene_maps.SceneMaps,
    recipes: Mapping[int, bodies.Recipe],
    seed: int,
  ) -> styles_lib.Styles:
    """The styles of a scene.

    Args:
      scene: of this model.
      recipes: by instance id; those of instances that are not there, or not
        visible, are left out.
      seed: of instances without a recipe.

    Raises:
      InputError: if numbers of a recipe are not of this generator.
    """
    default = bodies.OfSeed(seed=seed)
    return {
      i: self._style(i, recipes.get(i, default), scene.name, default)
      for i in self.sampler.style_ids(scene)
    }

  def generate(
    self, scene: scene_maps.SceneMaps, styles: styles_lib.Styles
  ) -> np.ndarray:
    """The picture of a scene: uint8 [H, W, 3]."""
    return self.sampler.generate([scene], [styles])[0]

  def _style(
    self,
    instance_id: int,
    recipe: bodies.Recipe,
    scene: str,
    default: bodies.OfSeed,
  ) -> np.ndarray:
    match recipe:
      case bodies.OfSeed(seed=seed, of=of):
        # The whole image has styles of another length: nothing to share.
        source = of if of and instance_id else instance_id
        return self.sampler.style(source, seed=seed, scene=scene)
      case bodies.Values(values=values):
        return self._checked(instance_id, values)
      case bodies.Look(look=look):
        if self.key in look:
          return self._checked(instance_id, look[self.key])
        return self._style(instance_id, default, scene, default)
      case bodies.Mix(mix=(first, second), t=t):
        return styles_lib.interpolate(
          self._style(instance_id, first, scene, default),
          self._style(instance_id, second, scene, default),
          t,
        )

  def _checked(self, instance_id: int, values: list[float]) -> np.ndarray:
    style = np.array(values, np.float32)
    self.sampler.check_style(instance_id, style)
    return style


def load(folders: list[str]) -> tuple[Model, ...]:
  """Reads generators, and runs each once, so that the first picture is fast.

  Raises:
    InputError: if there is none in a folder.
  """
  models = tuple(
    Model(folder, sampler_lib.Sampler.from_folder(folder)) for folder in folders
  )
  for model in models:
    blank = np.zeros(model.sampler.image_size, np.uint8)
    scene = model.sampler.scene(blank, blank, name='')
    model.generate(scene, model.styles(scene, {}, 0))
  return models
