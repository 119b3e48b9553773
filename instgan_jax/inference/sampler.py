"""Sampler: draws scenes with a trained generator. The door out of training.

Synopsis:

  sampler = Sampler.from_folder('runs/toy_street')
  image = sampler.draw('labelIds.png', 'instanceIds.png', seed=0)

  scene = sampler.scene('labelIds.png', 'instanceIds.png')
  looks = sampler.styles(scene, seed=0)  # {26000: float32 [D], ...}
  looks[26001] = sampler.style(26001, seed=7)  # Another look for one car,
  looks[26002] = looks[26001]  # and the same for the next one.
  image = sampler.draw_scenes([scene], [looks])[0]
"""

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import ml_collections
import numpy as np

from data_pipeline import batch as batch_lib
from data_pipeline.errors import InputError
from instgan_jax.build import gan, methods
from instgan_jax.checkpoints import weights_folder
from instgan_jax.inference import generator_folder, scene_maps
from instgan_jax.inference import styles as styles_lib
from instgan_jax.models import generator as generator_lib
from instgan_jax.runtime import devices, image_range
from instgan_jax.train import preview

_INPUTS = (batch_lib.LABEL_MAP, batch_lib.INSTANCE_MAP, batch_lib.POSITION)


class Sampler:
  """Draws pictures with one generator, on all devices of this process.

  Every call draws `batch_size` pictures at a time, by one program, which is
  compiled once. A picture therefore depends, to the bit, on its maps and styles
  and not on what is drawn beside it.

  Attributes:
    config: what the generator was trained with.
    variables: its weights, numpy arrays.
    step: the checkpoint's; None for imported weights.
    uses_ema: whether the weights are a moving average over the training.
    weights_sha256: of the weights, or of those that an export was made of.
    batch_size: pictures that are drawn at once.
    generator: the module.
  """

  def __init__(
    self,
    config: ml_collections.ConfigDict,
    variables,
    *,
    step: int | None = None,
    uses_ema: bool = False,
    weights_sha256: str = '',
    batch_size: int = 1,
  ):
    """Takes a generator.

    Args:
      config: of a run, see configs/cityscapes_l.py.
      variables: {'params', 'batch_stats', 'spectral_stats'} of its generator;
        the last one is missing where it is folded into the first.
      step: see above.
      uses_ema: see above.
      weights_sha256: see above; '' to compute it.
      batch_size: see above.

    Raises:
      InputError: naming every array that the configuration has no place for.
    """
    if batch_size < 1:
      raise InputError(f'batch_size is {batch_size}, expected at least 1.')
    self.config, self.variables = config, variables
    self.step, self.uses_ema = step, uses_ema
    self.weights_sha256 = weights_sha256 or weights_folder.tree_sha256(
      variables
    )
    self.batch_size = batch_size
    self.generator, self._latent_shape = gan.generator(
      config, use_spectral_norm='spectral_stats' in variables
    )
    _check(self.generator, self._latent_shape, variables)
    self._draw_batch = preview.make_draw(self.generator, self._latent_shape)
    self._run = jax.jit(self.apply)
    self._on_devices = devices.replicate(variables)

  @classmethod
  def from_folder(
    cls,
    folder: str,
    *,
    use_ema: bool = True,
    batch_size: int = 1,
    dtype: str = '',
  ) -> 'Sampler':
    """The generator of a workdir, of an export, or imported GauGAN weights.

    Args:
      folder: where it lies; of a workdir the latest checkpoint.
      use_ema: takes the moving average, where a workdir has one.
      batch_size: pictures that are drawn at once.
      dtype: 'float32' or 'bfloat16', to compute in; '' for that of the run.

    Raises:
      InputError: if there is none, or if it does not fit its configuration.
    """
    trained = generator_folder.load(folder, use_ema=use_ema, dtype=dtype)
    return cls(**trained._asdict(), batch_size=batch_size)

  @property
  def image_size(self) -> tuple[int, int]:
    """Height and width of the pictures."""
    return self.config.data.height, self.config.data.width

  @property
  def has_styles(self) -> bool:
    """Whether two seeds give two pictures."""
    model = self.config.model
    return bool(model.use_instances or model.image_style_dim)

  @property
  def needs_instance_map(self) -> bool:
    """Whether the picture depends on the instance map."""
    return self.config.model.use_instances or self.config.model.use_edges

  def scene(
    self,
    label_map: scene_maps.Map,
    instance_map: scene_maps.Map | None = None,
  ) -> scene_maps.SceneMaps:
    """The maps of a scene, checked and at the generator's size.

    Args:
      label_map: label ids, an integer array [H, W] (numpy, JAX or what numpy
        takes for one) or a PNG of any size.
      instance_map: Cityscapes' or dense instance ids, likewise, see
        `scene_maps.read`. None only where the generator does not need it.

    Raises:
      InputError: naming the file, if something does not fit.
    """
    if instance_map is None and self.needs_instance_map:
      raise InputError(
        f'A generator of method {methods.name(self.config)} needs an instance '
        'map beside '
        f'{label_map if scene_maps.is_file(label_map) else "the label map"}.'
      )
    model = self.config.model
    return scene_maps.read(
      label_map,
      instance_map,
      image_size=self.image_size,
      num_labels=model.num_labels,
      max_instances=self.max_instances,
    )

  @property
  def max_instances(self) -> int:
    """How many instances a scene may have."""
    return self._latent_shape[0] if self.config.model.use_instances else 2**16

  @property
  def input_shapes(self) -> dict[str, tuple[tuple[int, ...], type]]:
    """Shape without batch and type of each of `inputs`."""
    shapes = {'label_map': (self.image_size, np.uint8)}
    if self.needs_instance_map:
      shapes['instance_map'] = (self.image_size, np.uint16)
    if self.config.model.use_instances:
      shapes['latents'] = (self._latent_shape, np.float32)
    if self.generator.image_style_dim:
      shapes['image_style'] = ((self.generator.image_style_dim,), np.float32)
    return shapes

  def style_ids(self, scene: scene_maps.SceneMaps) -> tuple[int, ...]:
    """The ids that have a style in a scene, see `inference.styles`."""
    picture = (styles_lib.PICTURE,) if self.generator.image_style_dim else ()
    return picture + (
      scene.instance_ids if self.config.model.use_instances else ()
    )

  def style(self, instance_id: int, seed: int) -> np.ndarray:
    """The style of one instance (or of the picture): float32 [D].

    A function of (seed, instance id) alone: an instance keeps its look when
    others come, go or change places, and from picture to picture.
    """
    return styles_lib.draw_one(seed, instance_id, self._style_dim(instance_id))

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
    found = {i: self.style(i, seed) for i in ids}
    for i, style in (overrides or {}).items():
      check_known(i, ids)
      found[i] = style
    return found

  def draw(
    self,
    label_map: scene_maps.Map,
    instance_map: scene_maps.Map | None = None,
    *,
    seed: int = 0,
    styles: Mapping[int, np.ndarray] | None = None,
  ) -> np.ndarray:
    """Draws one scene: uint8 [H, W, 3], RGB.

    Args:
      label_map: as in `scene`.
      instance_map: as in `scene`.
      seed: of all styles but
      styles: these, by instance id.

    Raises:
      InputError: see `scene` and `styles`.
    """
    scene = self.scene(label_map, instance_map)
    return self.draw_scenes([scene], [self.styles(scene, seed, styles)])[0]

  def draw_scenes(
    self,
    scenes: Sequence[scene_maps.SceneMaps],
    styles: Sequence[Mapping[int, np.ndarray]],
  ) -> np.ndarray:
    """Draws scenes, each with styles of its own: uint8 [B, H, W, 3], RGB.

    Args:
      scenes: of `self.scene`.
      styles: for each scene float32 [D] by id, for all of `style_ids`.

    Raises:
      InputError: if a style is missing, too many or of another size.
    """
    return image_range.to_uint8(self.draw_floats(scenes, styles))

  def draw_floats(
    self,
    scenes: Sequence[scene_maps.SceneMaps],
    styles: Sequence[Mapping[int, np.ndarray]],
  ) -> np.ndarray:
    """As `draw_scenes`, but float32 in [-1, 1], before they are rounded."""
    if len(scenes) != len(styles):
      raise InputError(
        f'Got {len(scenes)} scenes and styles for {len(styles)}.'
      )
    if not scenes:
      return np.zeros((0, *self.image_size, 3), np.float32)
    return self.run(self.inputs(scenes, styles))

  def run(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Draws what `inputs` gives: float32 [B, H, W, 3] in [-1, 1]."""
    drawn = []
    for start in range(0, len(inputs['label_map']), self.batch_size):
      rows = {k: v[start : start + self.batch_size] for k, v in inputs.items()}
      missing = self.batch_size - len(rows['label_map'])
      rows = {
        k: np.concatenate([v, np.repeat(v[-1:], missing, axis=0)])
        for k, v in rows.items()
      }
      images = self._run(self._on_devices, **devices.shard_for_jit(rows))
      drawn.append(np.asarray(images)[: self.batch_size - missing])
    return np.concatenate(drawn)

  def inputs(
    self,
    scenes: Sequence[scene_maps.SceneMaps],
    styles: Sequence[Mapping[int, np.ndarray]],
  ) -> dict[str, np.ndarray]:
    """Scenes and styles as the generator takes them.

    Returns:
      `label_map` [B, H, W] and, each where the generator uses it,
      `instance_map` [B, H, W] (dense ids), `latents` [B, num_instances, D] (row
      i - 1 of the dense id i) and `image_style` [B, S].

    Raises:
      InputError: see `draw_scenes`.
    """
    found = {
      name: np.zeros((len(scenes), *shape), dtype)
      for name, (shape, dtype) in self.input_shapes.items()
    }
    for row, (scene, given) in enumerate(zip(scenes, styles, strict=True)):
      self._check_complete(self.style_ids(scene), given)
      found['label_map'][row] = scene.label_map
      if 'instance_map' in found:
        found['instance_map'][row] = scene.instance_map
      if 'latents' in found:
        for index, i in enumerate(scene.instance_ids):
          found['latents'][row, index] = given[i]
      if 'image_style' in found:
        found['image_style'][row] = given[styles_lib.PICTURE]
    return found

  def check_style(self, instance_id: int, style: np.ndarray) -> None:
    """Raises InputError unless `style` is one of this generator's."""
    shape = (self._style_dim(instance_id),)
    if np.shape(style) != shape or not np.isfinite(style).all():
      raise InputError(
        f'The style of {instance_id} is of shape {np.shape(style)}, expected '
        f'finite numbers {shape}: it may be of another generator.'
      )

  def draw_batch(self, batch: dict[str, np.ndarray], seed: int) -> np.ndarray:
    """Draws a batch of a data set, to measure: uint8 [B, H, W, 3].

    Here every instance of every scene gets a style of its own: it depends on
    the seed, the scene's position in the data set and the dense id.

    Args:
      batch: see `data_pipeline.batch`.
      seed: of the styles.
    """
    rows = len(batch[batch_lib.LABEL_MAP])
    inputs = devices.shard_for_jit({key: batch[key] for key in _INPUTS})
    return self._draw_batch(self._on_devices, inputs, seed)[:rows]

  def apply(
    self,
    variables,
    label_map: jax.Array,
    instance_map: jax.Array | None = None,
    latents: jax.Array | None = None,
    image_style: jax.Array | None = None,
  ) -> jax.Array:
    """The generator on `inputs`, to be traced: float32 in [-1, 1]."""
    if instance_map is None:  # It is not used.
      instance_map = jnp.zeros_like(label_map)
    return self.generator.apply(
      variables,
      label_map.astype(jnp.int32),
      instance_map.astype(jnp.int32),
      latents,
      image_style,
      train=False,
    )

  def _style_dim(self, instance_id: int) -> int:
    if instance_id == styles_lib.PICTURE:
      return self.generator.image_style_dim
    return self._latent_shape[1]

  def _check_complete(self, ids, given) -> None:
    for i in given:
      check_known(i, ids)
    for i in ids:
      if i not in given:
        raise InputError(f'The instance {i} has no style.')
      self.check_style(i, given[i])


def check_known(instance_id: int, ids: Sequence[int]) -> None:
  """Raises InputError, listing `ids`, if `instance_id` is none of them."""
  if instance_id not in ids:
    present = ', '.join(map(str, ids)) or 'none with a style'
    raise InputError(
      f'There is no instance {instance_id} here. Present are: {present}.'
    )


def _check(generator: generator_lib.Generator, latent_shape, variables):
  height, width = generator.image_size
  maps = jnp.zeros((1, height, width), jnp.int32)
  latents = jnp.zeros((1, *latent_shape))
  style = jnp.zeros((1, generator.image_style_dim))

  def initialize():
    return generator.init(
      jax.random.key(0), maps, maps, latents, style, train=False
    )

  if wrong := weights_folder.differences(variables, jax.eval_shape(initialize)):
    raise InputError(
      'The weights do not fit their configuration:\n  ' + '\n  '.join(wrong)
    )
