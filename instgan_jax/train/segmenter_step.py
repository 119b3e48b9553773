"""One update of a segmenter on real images (arXiv:1612.01105, section 4)."""

import dataclasses
from typing import Any

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax

from data_pipeline import batch as batch_lib
from instgan_jax.pretrained import pspnet
from instgan_jax.train import scaled_crop

Tree = Any


@flax.struct.dataclass
class SegmenterState:
  """Everything that training changes; arrays only.

  Attributes:
    step: updates made, int32.
    params: of the network.
    batch_stats: its running moments.
    opt_state: of the optimizer.
  """

  step: jax.Array
  params: Tree
  batch_stats: Tree
  opt_state: Tree


def initialize(
  network: pspnet.PspNet,
  optimizer: optax.GradientTransformation,
  *,
  seed: int,
  size: tuple[int, int],
) -> SegmenterState:
  """A fresh state; `size` is any height and width that the network takes."""
  images = jnp.zeros((1, *size, 3))
  variables = network.init(jax.random.key(seed), images)
  params = variables['params']
  return SegmenterState(
    step=jnp.zeros((), jnp.int32),
    params=params,
    batch_stats=variables['batch_stats'],
    opt_state=optimizer.init(params),
  )


@dataclasses.dataclass(frozen=True, eq=False)
class TrainStep:
  """The pure function `step(state, batch) -> (state, metrics)`.

  The loss is the mean over the pixels with a class of all devices. Without
  dropout any number of devices makes the same update; with it, every device
  drops channels of its own.

  Attributes:
    network: with `use_auxiliary`, and `axis_name` for its batch norms.
    optimizer: of its parameters.
    seed: of the dropout.
    size: height and width to which images are resized, bilinearly.
    auxiliary_weight: of the auxiliary loss.
    train_ids: uint8 [256], of `LabelTable`.
    scales: least and largest factor of random crops, see `scaled_crop`.
    axis_name: of the devices under `pmap`; None on one device.
  """

  network: pspnet.PspNet
  optimizer: optax.GradientTransformation
  seed: int
  size: tuple[int, int]
  auxiliary_weight: float
  train_ids: np.ndarray
  scales: tuple[float, float] = (1.0, 1.0)
  axis_name: str | None = None

  def __call__(
    self, state: SegmenterState, batch: Tree
  ) -> tuple[SegmenterState, Tree]:
    """One update."""
    images, targets = self._prepare(batch)
    is_valid = targets != scaled_crop.IGNORED
    num_valid = jnp.maximum(self._total(jnp.sum(is_valid)), 1)

    def loss(params):
      output, updates = self.network.apply(
        {'params': params, 'batch_stats': state.batch_stats},
        images,
        train=True,
        rngs={'dropout': self._dropout_key(state.step)},
        mutable=['batch_stats'],
      )
      value, logits = _cross_entropy(
        output.logits, targets, is_valid, num_valid
      )
      auxiliary, _ = _cross_entropy(
        output.auxiliary_logits, targets, is_valid, num_valid
      )
      is_right = (jnp.argmax(logits, -1) == targets) & is_valid
      metrics = {
        'loss': value,
        'auxiliary_loss': auxiliary,
        'accuracy': jnp.sum(is_right) / num_valid,
      }
      return value + self.auxiliary_weight * auxiliary, (metrics, updates)

    gradients, (metrics, updates) = jax.grad(loss, has_aux=True)(state.params)
    gradients, metrics = self._total(gradients), self._total(metrics)
    moves, opt_state = self.optimizer.update(
      gradients, state.opt_state, state.params
    )
    return SegmenterState(
      step=state.step + 1,
      params=optax.apply_updates(state.params, moves),
      batch_stats=updates['batch_stats'],
      opt_state=opt_state,
    ), metrics

  def _total(self, x):
    """The sum over all devices."""
    return x if self.axis_name is None else jax.lax.psum(x, self.axis_name)

  def _dropout_key(self, step: jax.Array) -> jax.Array:
    key = jax.random.fold_in(jax.random.key(self.seed), step)
    if self.axis_name is None:
      return key
    return jax.random.fold_in(key, jax.lax.axis_index(self.axis_name))

  def _prepare(self, batch: Tree) -> tuple[jax.Array, jax.Array]:
    """Normalized images of `size`, and the classes of the batch's pixels."""
    targets = jnp.asarray(self.train_ids, jnp.int32)[batch[batch_lib.LABEL_MAP]]
    images = pspnet.preprocess(batch[batch_lib.IMAGE])
    if self.scales != (1.0, 1.0):
      images, targets = scaled_crop.scaled_crops(
        images,
        targets,
        batch[batch_lib.POSITION],
        seed=self.seed,
        min_scale=self.scales[0],
        max_scale=self.scales[1],
      )
    shape = (len(images), *self.size, 3)
    return (
      jax.image.resize(images, shape, 'bilinear', antialias=False),
      targets,
    )


def _cross_entropy(logits, targets, is_valid, num_valid):
  """This device's share of the mean over all valid pixels, and the logits."""
  shape = (*targets.shape, logits.shape[-1])
  logits = jax.image.resize(logits, shape, 'bilinear', antialias=False)
  losses = optax.softmax_cross_entropy_with_integer_labels(
    logits, jnp.where(is_valid, targets, 0)
  )
  return jnp.sum(losses * is_valid) / num_valid, logits


def inference_variables(state: SegmenterState) -> Tree:
  """{'params', 'batch_stats'} of the network without its auxiliary head."""

  def without_head(tree):
    return {
      name: leaf
      for name, leaf in tree.items()
      if not name.startswith('auxiliary')
    }

  return {
    'params': without_head(state.params),
    'batch_stats': without_head(state.batch_stats),
  }
