"""Sampler: generates images of scenes. The only inference entry point.

Synopsis:

  sampler = Sampler.from_folder('runs/toy_street')  # Or Sampler.shipped().
  image = sampler.sample('labelIds.png', 'instanceIds.png', seed=0)

  scene = sampler.scene('labelIds.png', 'instanceIds.png')
  styles = sampler.styles(scene, seed=0)  # {26000: float32 [D], ...}
  styles[26001] = sampler.style(26001, seed=7, scene=scene.name)
  styles[26002] = styles[26001]  # The same style for another car.
  image = sampler.generate([scene], [styles])[0]

  # With an instance encoder: styles of a photograph's instances.
  real = sampler.encode('photo.png', 'photo_instanceIds.png')
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Self

import jax
import ml_collections
import numpy as np

from data_pipeline.errors import InputError
from instgan_jax.build import label_table, methods
from instgan_jax.checkpoints import tree
from instgan_jax.inference import (
  generator_folder,
  map_folder,
  photograph,
  photograph_encoder,
  program,
  scene_maps,
  shipped_generator,
  style_space,
)
from instgan_jax.inference import styles as styles_lib
from instgan_jax.models import latent_stats
from instgan_jax.runtime import devices, image_range


class Sampler:
  """Generates images with one generator, on all devices of this process.

  Every call generates `batch_size` images at a time, by one program, which is
  compiled once. An image therefore depends, to the bit, on its maps and styles
  and not on what is generated beside it.

  Attributes:
    config: what the generator was trained with.
    label_table: the classes that it was trained on.
    variables: its weights.
    step: the checkpoint's; None for imported weights.
    uses_ema: whether the weights are a moving average over the training.
    weights_sha256: of the weights, or of those that an export was made of.
    batch_size: images that are generated at once.
    program: the compiled generator, for exports.
    encoder: of the styles of photographs; None where it was trained without.
  """

  def __init__(
    self,
    config: ml_collections.ConfigDict,
    variables: Any,
    *,
    step: int | None = None,
    uses_ema: bool = False,
    weights_sha256: str = '',
    encoder_variables: Any = None,
    batch_size: int = 1,
  ):
    """Compiles nothing yet; checks the weights.

    Args:
      config: of a run, see configs/cityscapes_l.py.
      variables: {'params', 'batch_stats', 'spectral_stats'} of its generator,
        without the last one where it is folded into the first; 'latent_stats'
        beside them where it was trained with an instance encoder.
      step: of the training.
      uses_ema: whether `variables` are a moving average.
      weights_sha256: '' to compute it.
      encoder_variables: of the instance encoder; None for none.
      batch_size: images that are generated at once.

    Raises:
      InputError: naming every array that the configuration does not have.
    """
    if batch_size < 1:
      raise InputError(f'batch_size is {batch_size}, expected at least 1.')
    self.config, self.variables = config, variables
    self.label_table = label_table.of(config)
    self.step, self.uses_ema = step, uses_ema
    self.weights_sha256 = weights_sha256 or tree.sha256(variables)
    self.batch_size = batch_size
    self.program = program.Program(
      config, use_spectral_norm='spectral_stats' in variables
    )
    self.program.check(variables)
    self._on_devices = devices.replicate(variables)
    model = config.model
    self._style_space = style_space.StyleSpace(
      instance_dim=self.program.latent_shape[1] if model.use_instances else 0,
      image_dim=model.image_style_dim,
    )
    self.encoder = None
    if encoder_variables is not None:
      self.encoder = photograph_encoder.PhotographEncoder(
        config, encoder_variables
      )

  @classmethod
  def from_folder(
    cls,
    folder: str,
    *,
    use_ema: bool = True,
    batch_size: int = 1,
    dtype: str = '',
    step: int | None = None,
    image_size: tuple[int, int] | None = None,
  ) -> Self:
    """The generator of a workdir, of an export, or imported GauGAN weights.

    Args:
      folder: its path.
      use_ema: takes the moving average, where a workdir has one.
      batch_size: images that are generated at once.
      dtype: 'float32' or 'bfloat16', to compute in; '' for that of the run.
      step: of a workdir's checkpoint; None for the latest.
      image_size: height and width of the images; None for those that it was
        trained with. A generator with a style of the whole image has one size.

    Raises:
      InputError: if there is none, or if it does not fit its configuration.
    """
    loaded = generator_folder.load(
      folder, use_ema=use_ema, dtype=dtype, step=step, image_size=image_size
    )
    try:
      return cls(**loaded._asdict(), batch_size=batch_size)
    except ValueError as error:  # InputError, or a size that does not fit.
      raise InputError(f'{folder}: {error}') from error

  @classmethod
  def shipped(cls, **options) -> Self:
    """The generator that ships with the package, see `shipped_generator`.

    Args:
      options: of `from_folder`.
    """
    return cls.from_folder(shipped_generator.FOLDER, **options)

  def with_variables(self, variables: Any) -> Self:
    """The same compiled program with other weights of the same shapes.

    Their hash is not computed: a run in training asks for it at every sample
    grid.
    """
    other = copy.copy(self)
    other.variables, other.weights_sha256 = variables, ''
    other._on_devices = devices.replicate(variables)
    return other

  @property
  def image_size(self) -> tuple[int, int]:
    """Height and width of the images."""
    return self.config.data.height, self.config.data.width

  @property
  def has_styles(self) -> bool:
    """Whether two seeds give two images."""
    return methods.has_styles(self.config)

  @property
  def needs_instance_map(self) -> bool:
    """Whether the image depends on the instance map."""
    return self.program.needs_instance_map

  @property
  def max_instances(self) -> int:
    """How many instances of a scene can have a style."""
    if self.config.model.use_instances:
      return self.program.latent_shape[0]
    return 2**16 - 1  # The dense ids of 16 bits.

  def scene(
    self,
    label_map: scene_maps.Map,
    instance_map: scene_maps.Map | None = None,
    *,
    name: str | None = None,
  ) -> scene_maps.SceneMaps:
    """The maps of a scene, checked and at the generator's size.

    Args:
      label_map: label ids, an integer array [H, W] (numpy, JAX or what numpy
        converts) or a PNG of any size.
      instance_map: Cityscapes' or dense instance ids, likewise, see
        `scene_maps.read`. None where the objects are unknown: each class that
        has instances then has one style, under the id of its label.
      name: of the scene, which the styles of a seed depend on; by default that
        of the PNG without Cityscapes' ending, '' of an array.

    Raises:
      InputError: naming the file, if something does not fit.
    """
    if name is None:
      name = ''
      if scene_maps.is_file(label_map):
        name = map_folder.scene_name(label_map)
    return scene_maps.read(
      label_map,
      instance_map,
      image_size=self.image_size,
      name=name,
      label_table=self.label_table,
      max_instances=self.max_instances,
      with_class_slots=self.needs_instance_map,
    )

  def style_ids(self, scene: scene_maps.SceneMaps) -> tuple[int, ...]:
    """The ids that have a style in a scene, see `inference.styles`."""
    return self._style_space.ids(scene)

  def style(self, instance_id: int, *, seed: int, scene: str) -> np.ndarray:
    """The style of one instance (or of the whole image): float32 [D].

    Args:
      instance_id: as in the instance map.
      seed: not negative.
      scene: the scene's name; '' for the style that is the same in all scenes.
    """
    return self._style_space.sample(instance_id, seed, scene)

  def styles(
    self,
    scene: scene_maps.SceneMaps,
    seed: int = 0,
    overrides: Mapping[int, np.ndarray] | None = None,
  ) -> styles_lib.Styles:
    """The styles of a scene: those of the seed, but for the overrides.

    Args:
      scene: of `self.scene`.
      seed: not negative.
      overrides: float32 [D] by instance id.

    Raises:
      InputError: if the scene has no such instance (those that it has are
        listed).
    """
    ids = self.style_ids(scene)
    styles = {i: self.style(i, seed=seed, scene=scene.name) for i in ids}
    for i, style in (overrides or {}).items():
      style_space.check_known(i, ids)
      styles[i] = style
    return styles

  def encode(
    self, image: photograph.Image, instance_map: scene_maps.Map
  ) -> styles_lib.Styles:
    """The styles of a photograph's instances: float32 [D] by id.

    They fit any scene of this generator: generating with all of them
    reconstructs the photograph's instances.

    Args:
      image: uint8 [H, W, 3] or a PNG or JPEG, of any size.
      instance_map: Cityscapes' or dense instance ids, of the same size.

    Raises:
      InputError: if something does not fit, or this generator has no instance
        encoder.
    """
    if self.encoder is None:
      raise InputError(
        'This generator has no instance encoder, so that it cannot take styles '
        'from photographs: train one with --config.model.instance_encoder=true.'
      )
    latents = self.encoder.latents(
      photograph.read(
        image,
        instance_map,
        image_size=self.image_size,
        max_instances=self.max_instances,
      )
    )
    encoded_stats = self.variables.get(latent_stats.COLLECTION)
    if encoded_stats is None:  # Of version 0.2 and before.
      return latents
    return {
      i: np.asarray(latent_stats.to_styles(encoded_stats, latents[i]))
      for i in latents
    }

  def sample(
    self,
    label_map: scene_maps.Map,
    instance_map: scene_maps.Map | None = None,
    *,
    seed: int = 0,
    styles: Mapping[int, np.ndarray] | None = None,
    name: str | None = None,
  ) -> np.ndarray:
    """An image of one scene: uint8 [H, W, 3], RGB.

    Args:
      label_map: as in `scene`.
      instance_map: as in `scene`.
      seed: of all styles but those in `styles`.
      styles: float32 [D] by instance id.
      name: as in `scene`.

    Raises:
      InputError: see `scene` and `styles`.
    """
    scene = self.scene(label_map, instance_map, name=name)
    return self.generate([scene], [self.styles(scene, seed, styles)])[0]

  def generate(
    self,
    scenes: Sequence[scene_maps.SceneMaps],
    styles: Sequence[Mapping[int, np.ndarray]],
  ) -> np.ndarray:
    """Images of scenes, each with styles of its own: uint8 [B, H, W, 3], RGB.

    Args:
      scenes: of `self.scene`.
      styles: for each scene float32 [D] by id, for all of `style_ids`.

    Raises:
      InputError: if a style is missing, unknown or of another size.
    """
    if not scenes and not styles:
      return np.zeros((0, *self.image_size, 3), np.uint8)
    return image_range.to_uint8(self.run(self.inputs(scenes, styles)))

  def run(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Images before they are rounded: float32 [B, H, W, 3] in [-1, 1].

    Args:
      inputs: of `self.inputs`.
    """
    return self.program.run(self._on_devices, inputs, num_rows=self.batch_size)

  def inputs(
    self,
    scenes: Sequence[scene_maps.SceneMaps],
    styles: Sequence[Mapping[int, np.ndarray]],
  ) -> dict[str, np.ndarray]:
    """Scenes and styles as the program takes them.

    Returns:
      `label_map` [B, H, W] and, each where the generator uses it,
      `instance_map` [B, H, W] (dense ids), `latents` [B, num_instances, D] (row
      i - 1 of the dense id i) and `image_style` [B, S].

    Raises:
      InputError: if a style is missing, unknown or of another size.
    """
    if len(scenes) != len(styles):
      raise InputError(
        f'Got {len(scenes)} scenes and styles for {len(styles)}.'
      )
    inputs: dict[str, np.ndarray] = {
      name: np.zeros((len(scenes), *shape), dtype)
      for name, (shape, dtype) in self.program.input_shapes.items()
    }
    for row, (scene, given) in enumerate(zip(scenes, styles, strict=True)):
      self._style_space.check_complete(scene, given)
      inputs['label_map'][row] = scene.label_map
      if 'instance_map' in inputs:
        inputs['instance_map'][row] = scene.instance_map
      if 'latents' in inputs:
        for index, i in enumerate(scene.instance_ids):
          inputs['latents'][row, index] = given[i]
      if 'image_style' in inputs:
        inputs['image_style'][row] = given[styles_lib.WHOLE_IMAGE]
    return inputs

  def check_style(self, instance_id: int, style: np.ndarray) -> None:
    """Raises InputError unless `style` is one of this generator's."""
    self._style_space.check(instance_id, style)


def default_batch_size() -> int:
  """Images at once: one for each device, more on accelerators."""
  each = 1 if jax.default_backend() == 'cpu' else 8
  return each * jax.local_device_count()
