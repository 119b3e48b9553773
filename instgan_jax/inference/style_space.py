"""Which styles a generator takes: of whom, of which size, in which range."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from data_pipeline.errors import InputError
from instgan_jax.inference import scene_maps
from instgan_jax.inference import styles as styles_lib


@dataclasses.dataclass(frozen=True)
class StyleSpace:
  """The styles of one generator.

  Attributes:
    instance_dim: values of an instance's style; 0 where instances have none.
    image_dim: values of the style of the whole image; 0 where it has none.
  """

  instance_dim: int
  image_dim: int

  def ids(self, scene: scene_maps.SceneMaps) -> tuple[int, ...]:
    """The ids that have a style in a scene, see `inference.styles`."""
    whole_image = (styles_lib.WHOLE_IMAGE,) if self.image_dim else ()
    return whole_image + (scene.instance_ids if self.instance_dim else ())

  def sample(self, instance_id: int, seed: int, scene: str) -> np.ndarray:
    """The style of one id for a seed and a scene's name: float32 [D]."""
    return styles_lib.sample(seed, scene, instance_id, self._dim(instance_id))

  def check(self, instance_id: int, style: np.ndarray) -> None:
    """Raises InputError for a style of another size, or beyond all samples."""
    shape = (self._dim(instance_id),)
    if np.shape(style) != shape:
      raise InputError(
        f'The style of {instance_id} is of shape {np.shape(style)}, expected '
        f'{shape}: it may be of another generator.'
      )
    largest = np.max(np.abs(style), initial=0.0)
    if not largest <= styles_lib.LIMIT:  # NaN is not.
      raise InputError(
        f'The style of {instance_id} has {largest:.3g}, expected numbers like '
        f'those of N(0, 1), of at most {styles_lib.LIMIT:g}.'
      )

  def check_complete(
    self, scene: scene_maps.SceneMaps, styles: Mapping[int, np.ndarray]
  ) -> None:
    """Raises InputError unless every id of a scene, and no other, has one."""
    ids = self.ids(scene)
    for i in styles:
      check_known(i, ids)
    for i in ids:
      if i not in styles:
        raise InputError(f'The instance {i} has no style.')
      self.check(i, styles[i])

  def _dim(self, instance_id: int) -> int:
    is_whole_image = instance_id == styles_lib.WHOLE_IMAGE
    return self.image_dim if is_whole_image else self.instance_dim


def check_known(instance_id: int, ids: Sequence[int]) -> None:
  """Raises InputError, listing `ids`, if `instance_id` is none of them."""
  if instance_id not in ids:
    present = ', '.join(map(str, ids)) or 'none with a style'
    raise InputError(
      f'There is no instance {instance_id} here. Present are: {present}.'
    )
