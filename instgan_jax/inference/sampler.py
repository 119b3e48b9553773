"""Sampler: draws scenes with a trained generator. The door out of training."""

import pathlib

import jax
import jax.numpy as jnp
import ml_collections
import numpy as np

from configs import cityscapes_l
from data_pipeline import batch as batch_lib
from data_pipeline.errors import InputError
from instgan_jax import build, checkpoint, initial_weights
from instgan_jax.models import generator as generator_lib
from instgan_jax.train import parallel, preview

_INPUTS = (batch_lib.LABEL_MAP, batch_lib.INSTANCE_MAP, batch_lib.POSITION)


class Sampler:
  """Draws pictures of batches, on all devices of this process.

  Attributes:
    config: what the generator was trained with.
    variables: its weights, numpy arrays.
    step: the checkpoint's; None for imported weights.
    uses_ema: whether the weights are a moving average over the training.
  """

  def __init__(
    self,
    config: ml_collections.ConfigDict,
    variables,
    *,
    step: int | None = None,
    uses_ema: bool = False,
  ):
    """Takes a generator.

    Args:
      config: of a run, see configs/cityscapes_l.py.
      variables: {'params', 'batch_stats', 'spectral_stats'} of its generator.
      step: see above.
      uses_ema: see above.

    Raises:
      InputError: naming every array that the configuration has no place for.
    """
    self.config, self.variables = config, variables
    self.step, self.uses_ema = step, uses_ema
    generator, latent_shape = build.generator(config)
    _check(generator, latent_shape, variables)
    self._draw = preview.make_draw(generator, latent_shape)
    self._on_devices = parallel.replicate(variables)

  @classmethod
  def from_folder(cls, folder: str, *, use_ema: bool = True) -> 'Sampler':
    """The generator of a workdir, or imported GauGAN weights.

    Args:
      folder: where it lies; of a workdir the latest checkpoint.
      use_ema: takes the moving average, where the run has one.

    Raises:
      InputError: if there is none, or if it does not fit its configuration.
    """
    if not pathlib.Path(folder).is_dir():
      raise InputError(f'{folder}: there is no such folder.')
    config = checkpoint.load_config(folder, cityscapes_l.get_config())
    weights = initial_weights.load(folder, use_ema=use_ema)
    if 'generator' not in weights:
      raise InputError(f'{folder} holds no generator.')
    step = checkpoint.last_step(folder)
    return cls(
      config,
      weights['generator'],
      step=step,
      uses_ema=use_ema and step is not None and config.ema_decay > 0,
    )

  @property
  def image_size(self) -> tuple[int, int]:
    """Height and width of the pictures."""
    return self.config.data.height, self.config.data.width

  @property
  def has_styles(self) -> bool:
    """Whether two seeds give two pictures."""
    model = self.config.model
    return bool(model.use_instances or model.image_style_dim)

  def draw(self, batch: dict[str, np.ndarray], seed: int) -> np.ndarray:
    """Draws a batch (see `data_pipeline.batch`): uint8 [B, H, W, 3].

    The picture of a scene depends on its maps, its position and the seed
    alone, up to the rounding of other batch sizes.
    """
    rows = len(batch[batch_lib.LABEL_MAP])
    inputs = parallel.spread({key: batch[key] for key in _INPUTS})
    return self._draw(self._on_devices, inputs, seed)[:rows]


def _check(generator: generator_lib.Generator, latent_shape, variables):
  height, width = generator.image_size
  maps = jnp.zeros((1, height, width), jnp.int32)
  latents = jnp.zeros((1, *latent_shape))
  style = jnp.zeros((1, generator.image_style_dim))

  def initialize():
    return generator.init(
      jax.random.key(0), maps, maps, latents, style, train=False
    )

  if wrong := checkpoint.differences(variables, jax.eval_shape(initialize)):
    raise InputError(
      'The weights do not fit their configuration:\n  ' + '\n  '.join(wrong)
    )
