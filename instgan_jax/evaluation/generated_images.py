"""What is measured: the pictures of a generator, or of any program."""

import dataclasses
from collections.abc import Callable, Sequence

import ml_collections
import numpy as np

from instgan_jax.build import methods
from instgan_jax.evaluation import image_folder
from instgan_jax.inference import sampler as sampler_lib

Draw = Callable[[dict[str, np.ndarray], Sequence[str], int], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Pictures:
  """What is measured.

  Attributes:
    draw: (batch, names, number of the draw) -> uint8 [B, H, W, 3].
    num_draws: how many there are; None for any number.
    about: JSON values that say what they are.
  """

  draw: Draw
  num_draws: int | None
  about: dict


def of_sampler(sampler: sampler_lib.Sampler, seed: int, name: str) -> Pictures:
  """The pictures that a generator draws with `seed` and the following ones."""
  return Pictures(
    draw=lambda batch, names, number: sampler.draw_batch(batch, seed + number),
    num_draws=None if sampler.has_styles else 1,
    about={
      'workdir': name,
      'step': sampler.step,
      'weights': 'ema' if sampler.uses_ema else 'raw',
      'weights_sha256': sampler.weights_sha256,
      'method': methods.name(sampler.config),
    },
  )


def of_function(
  draw: Callable[[dict[str, np.ndarray], int], np.ndarray],
  config: ml_collections.ConfigDict,
) -> Pictures:
  """The pictures of a generator in training: (batch, seed) -> pictures."""
  has_styles = config.model.use_instances or config.model.image_style_dim
  return Pictures(
    draw=lambda batch, names, number: draw(batch, number),
    num_draws=None if has_styles else 1,
    about={'method': methods.name(config)},
  )


def of_folders(
  folders: Sequence[image_folder.ImageFolder],
) -> Pictures:
  """Pictures from folders, each of them a draw."""

  def draw(batch, names, number):
    del batch
    return np.stack([folders[number].read(name) for name in names])

  return Pictures(
    draw=draw,
    num_draws=len(folders),
    about={'folders': [str(found.path) for found in folders]},
  )
